import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { briefSeconds } from "./test-support/cluster.ts";
import { formatEmail } from "./test-support/keystone.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, start } from "./test-support/run.ts";
import { createPerson } from "./test-support/person.ts";
import { createSandbox } from "./test-support/sandbox.ts";
import { letPass } from "./test-support/wait-for.ts";

const whoami = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];

const person = createPerson();

describe("renewal", () => {
  it("refreshes an expired credential without a window, once for all who ask at that moment", async () => {
    await using sandbox = createSandbox({ issuer: "briefIssuer" });
    const first = sandbox.startKubectl(whoami);
    await person.signIn(await sandbox.awaitUrl(0), "frida");
    expect(checkExit(await first.ended).stdout).toBe(formatEmail("frida"));

    await letPass(briefSeconds * 1000);
    const before = sandbox.issuerRequests().length;
    const all = await Promise.all(Array.from({ length: 8 }, () => sandbox.kubectl(whoami)));
    for (const { stdout } of all) expect(stdout).toBe(formatEmail("frida"));
    expect(sandbox.openedUrls()).toHaveLength(1);
    const tokenRequests = sandbox
      .issuerRequests()
      .slice(before)
      .filter(({ path }) => path.endsWith("/token"));
    expect(tokenRequests).toHaveLength(1);
  });

  it("asks for a sign-in when the issuer has ended the session", async () => {
    await using sandbox = createSandbox({ issuer: "briefIssuer" });
    const first = sandbox.startGetToken();
    await person.signIn(await sandbox.awaitUrl(0), "greta");
    checkExit(await first.ended);

    await letPass(2.2 * briefSeconds * 1000);
    const refused = await sandbox.getToken(["--non-interactive"]);
    checkExit(refused, 3);
    const again = sandbox.startGetToken();
    await person.signIn(await sandbox.awaitUrl(1), "greta");
    checkExit(await again.ended);
    expect(sandbox.openedUrls()).toHaveLength(2);
  });

  it("keeps the session when the issuer cannot be reached, and asks nobody", async () => {
    await using sandbox = createSandbox();
    const first = sandbox.startGetToken();
    await person.signIn(await sandbox.awaitUrl(0), "hanna");
    checkExit(await first.ended);
    // As after a reboot: the credentials are gone, the sessions are not.
    rmSync(join(sandbox.runtime, "kubepass"), { recursive: true });

    const args = ["--net", "--map-root-user", sandbox.cluster.program, "get-token", ...sandbox.signInArguments];
    checkExit(await start(getProgram("unshare"), args, { environment: sandbox.environment }).ended, 5);
    expect(sandbox.openedUrls()).toHaveLength(1);
    await letPass(3_200);
    const back = await sandbox.getToken();
    checkExit(back);
    expect(sandbox.openedUrls()).toHaveLength(1);
  });
});
