import { describe, expect, it } from "vitest";
import { createPerson } from "./test-support/person.ts";
import { checkExit } from "./test-support/run.ts";
import { createSandbox, type Sandbox } from "./test-support/sandbox.ts";
import { letPass } from "./test-support/wait-for.ts";

const person = createPerson();

/** The refusal costs less than 200 ms; of several, beside a program that does nothing, because the machine may be busy. */
async function checkRefusalIsQuick(sandbox: Sandbox): Promise<void> {
  const [refusals, nothings]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < 5; turn += 1) {
    refusals.push(checkExit(await sandbox.getToken(), 3).durationMs);
    nothings.push((await sandbox.kubepass(["version"])).durationMs);
  }
  expect(Math.min(...refusals)).toBeLessThan(200 + Math.min(...nothings));
}

describe("asking a person", () => {
  it("a refusal is asked for once, however often kubectl tries", async () => {
    await using sandbox = createSandbox();
    const running = sandbox.startKubectl(["get", "namespaces"]);
    await person.refuse(await sandbox.awaitUrl(0));
    const { stderr } = checkExit(await running.ended, 1);
    expect(stderr.match(/kubepass: error/g)?.length).toBeGreaterThanOrEqual(2);
    expect(sandbox.openedUrls()).toHaveLength(1);
  });

  it("after three requests that nobody answered no window opens until the person acts", async () => {
    await using sandbox = createSandbox({ signInArguments: ["--sign-in-timeout=1"] });
    for (let count = 1; count <= 3; count += 1) {
      checkExit(await sandbox.getToken(), 4);
      // The browser is a program of its own, and may have begun only just now.
      await sandbox.awaitUrl(count - 1);
      expect(sandbox.openedUrls()).toHaveLength(count);
      // A failure is remembered for ten seconds, so that kubectl's five tries are one.
      if (count < 3) await letPass(10_200);
    }
    const fourth = checkExit(await sandbox.getToken(), 3);
    expect(fourth.stderr).toContain("the last 3 requests to sign in led to nothing (SIGN_IN_TIMEOUT: ");
    expect(fourth.stderr).toContain("kubepass login oidc");
    await checkRefusalIsQuick(sandbox);
    expect(sandbox.openedUrls()).toHaveLength(3);

    const login = sandbox.startKubepass(["login", ...sandbox.signInArguments, "--sign-in-timeout=30"]);
    await person.signIn(await sandbox.awaitUrl(3), "ulla");
    checkExit(await login.ended);
    checkExit(await sandbox.getToken());
    expect(sandbox.openedUrls()).toHaveLength(4);
  });
});
