import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatEmail, groups } from "./test-support/keystone.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, start } from "./test-support/run.ts";
import { createPerson } from "./test-support/person.ts";
import { createSandbox } from "./test-support/sandbox.ts";

const person = createPerson();

describe("kubectl through kubepass", () => {
  it("signs a person in on the issuer's page, and the API server knows the person and the groups", async () => {
    await using sandbox = createSandbox();
    sandbox.writeKubeconfig({ provideClusterInfo: true });
    const kubectl = sandbox.startKubectl(["auth", "whoami", "-o", "json"]);
    const page = await person.signIn(await sandbox.awaitUrl(0), "anna", "signed-in");
    expect(page.title).toContain("You are signed in");
    expect(page.text).toContain(formatEmail("anna"));
    expect(page.text).toContain(new URL(sandbox.cluster.server).host);
    const { stdout } = checkExit(await kubectl.ended);
    const { userInfo } = JSON.parse(stdout).status;
    expect(userInfo.username).toBe(formatEmail("anna"));
    expect(userInfo.groups).toEqual([...groups, "system:authenticated"]);
  });

  it("asks nobody a second time: not the person, not the issuer, not the network", async () => {
    await using sandbox = createSandbox();
    const first = sandbox.startKubectl(["get", "namespaces", "-o", "name"]);
    await person.signIn(await sandbox.awaitUrl(0), "berta");
    expect(checkExit(await first.ended).stdout).toContain("namespace/default");
    const requests = sandbox.issuerRequests().length;

    const second = await sandbox.kubectl(["get", "namespaces", "-o", "name"]);
    expect(checkExit(second).stdout).toContain("namespace/default");
    expect(sandbox.issuerRequests()).toHaveLength(requests);
    expect(sandbox.openedUrls()).toHaveLength(1);

    // A network namespace of its own has no interface that is up, not even the loopback one.
    const args = ["--net", "--map-root-user", sandbox.cluster.program, "get-token", ...sandbox.signInArguments];
    const alone = await start(getProgram("unshare"), args, { environment: sandbox.environment }).ended;
    expect(JSON.parse(checkExit(alone).stdout).status.token).toMatch(/^ey/);
  });

  it("shows the truth in the browser and in the terminal when the person refuses", async () => {
    await using sandbox = createSandbox();
    const running = sandbox.startGetToken();
    const page = await person.refuse(await sandbox.awaitUrl(0), "refused");
    expect(page.title).toContain("The sign-in failed");
    expect(page.text).toContain("SIGN_IN_DENIED");
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(4);
    expect(stdout).toBe("");
    expect(stderr).toContain("SIGN_IN_DENIED");
  });

  it("takes the short way from the second call on, until the person signs out", async () => {
    await using sandbox = createSandbox({ verbosity: "0" });
    const shortcuts = join(sandbox.runtime, "kubepass", "shortcuts");
    const first = sandbox.startKubectl(["auth", "whoami"]);
    await person.signIn(await sandbox.awaitUrl(0), "nina");
    const signedIn = checkExit(await first.ended);
    expect(readdirSync(shortcuts)).toHaveLength(1);
    const before = sandbox.issuerRequests().length;
    expect(checkExit(await sandbox.kubectl(["auth", "whoami"])).stdout).toBe(signedIn.stdout);
    expect(sandbox.issuerRequests()).toHaveLength(before);

    checkExit(await sandbox.kubepass(["logout", "--all"]), 7);
    expect(existsSync(shortcuts)).toBe(false);
    const again = sandbox.startKubectl(["auth", "whoami"]);
    await person.signIn(await sandbox.awaitUrl(1), "nina");
    expect(checkExit(await again.ended).stdout).toBe(signedIn.stdout);
  });

  it("signs out here, says what stays valid at the issuer, and needs a sign-in again", async () => {
    await using sandbox = createSandbox();
    const running = sandbox.startKubectl(["auth", "whoami"]);
    await person.signIn(await sandbox.awaitUrl(0), "dora");
    checkExit(await running.ended);

    const logout = await sandbox.kubepass(["logout", ...sandbox.signInArguments]);
    checkExit(logout, 7);
    expect(logout.stdout).toMatch(/refresh token stays valid/);

    const refused = await sandbox.getToken(["--non-interactive"]);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toBe("");
    const last: unknown = JSON.parse(refused.stderr.trimEnd().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ code: "LOGIN_REQUIRED", reason: "login_required", exitCode: 3 });
    expect(last).toHaveProperty("hint", expect.stringContaining("kubepass login oidc"));
    expect(sandbox.openedUrls()).toHaveLength(1);
    expect(readdirSync(join(sandbox.runtime, "kubepass", "credentials"))).toEqual([]);
  });

  it("is there as kubectl pass, and knows from the kubeconfig who is meant", async () => {
    await using sandbox = createSandbox();
    sandbox.environment["PATH"] = `${dirname(sandbox.cluster.program)}:/usr/bin:/bin`;
    const login = sandbox.startKubectl(["pass", "login", ...sandbox.signInArguments]);
    await person.signIn(await sandbox.awaitUrl(0), "flora");
    expect(checkExit(await login.ended).stdout).toContain("signed in");
    expect(checkExit(await sandbox.kubectl(["pass", "whoami"])).stdout).toContain(formatEmail("flora"));
    expect(checkExit(await sandbox.kubectl(["pass", "status"])).stdout).toContain("real (current)");
  });

  it("is content with an empty environment and a minimal path", async () => {
    await using sandbox = createSandbox();
    const { HOME, KUBEPASS_BROWSER_COMMAND } = sandbox.environment;
    const args = ["get-token", ...sandbox.signInArguments, `--browser-command=${KUBEPASS_BROWSER_COMMAND}`];
    const call = { environment: { PATH: "/bin", HOME } };
    const first = sandbox.startKubepass([...args, "--interaction=open"], call);
    await person.signIn(await sandbox.awaitUrl(0), "emma");
    const signedIn = checkExit(await first.ended);
    const again = await sandbox.kubepass(args, { environment: { HOME } });
    expect(again.stdout).toBe(signedIn.stdout);
    expect(again.stderr).toBe("");
  });
});
