import { describe, expect, it } from "vitest";
import { createPerson } from "./test-support/person.ts";
import { checkExit } from "./test-support/run.ts";
import { createSandbox } from "./test-support/sandbox.ts";
import { letPass } from "./test-support/wait-for.ts";

const person = createPerson();

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
      expect(sandbox.openedUrls()).toHaveLength(count);
      // A failure is remembered for ten seconds, so that kubectl's five tries are one.
      if (count < 3) await letPass(10_200);
    }
    const fourth = checkExit(await sandbox.getToken(), 3);
    expect(fourth.stderr).toContain("nobody answered the last 3 requests to sign in");
    expect(fourth.stderr).toContain("kubepass login oidc");
    const version = await sandbox.kubepass(["version"]);
    expect(fourth.durationMs).toBeLessThan(200 + 5 * version.durationMs);
    expect(sandbox.openedUrls()).toHaveLength(3);

    const login = sandbox.startKubepass(["login", ...sandbox.signInArguments, "--sign-in-timeout=30"]);
    await person.signIn(await sandbox.awaitUrl(3), "ulla");
    checkExit(await login.ended);
    checkExit(await sandbox.getToken());
    expect(sandbox.openedUrls()).toHaveLength(4);
  });
});
