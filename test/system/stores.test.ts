import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listDelays } from "../program/promptness.ts";
import { compilePlugin } from "./test-support/compile-plugin.ts";
import { createPerson } from "./test-support/person.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Outcome, start } from "./test-support/run.ts";
import { createSandbox, type Sandbox } from "./test-support/sandbox.ts";
import { startSecretService } from "./test-support/secret-service.ts";
import { letPass, waitFor } from "./test-support/wait-for.ts";

const person = createPerson();

function listSessionFiles(sandbox: Sandbox, name = "kubepass"): readonly string[] {
  const folder = join(sandbox.state, name, "sessions");
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** As after a reboot: the credentials are gone, the sessions are not. */
function reboot(sandbox: Sandbox): void {
  rmSync(join(sandbox.runtime, "kubepass"), { recursive: true, force: true });
}

async function signIn(sandbox: Sandbox, name: string): Promise<Outcome> {
  const index = sandbox.openedUrls().length;
  const running = sandbox.startGetToken();
  await person.signIn(await sandbox.awaitUrl(index), name);
  return checkExit(await running.ended);
}

describe("the Secret Service", () => {
  it("keeps the session, from which the next credential comes without a person", async () => {
    await using sandbox = createSandbox();
    await using service = await startSecretService(sandbox, "secret-service");
    Object.assign(sandbox.environment, service.environment);
    await signIn(sandbox, "vera");
    expect(listSessionFiles(sandbox)).toEqual([]);
    const before = await service.search("kubepass");
    expect(before).toMatch(/attribute\.username = session\/[0-9a-f]{64}/);

    reboot(sandbox);
    checkExit(await sandbox.getToken(["--non-interactive"]));
    expect(await service.search("kubepass")).not.toBe(before);
    expect(listSessionFiles(sandbox)).toEqual([]);

    checkExit(await sandbox.kubepass(["logout", ...sandbox.signInArguments]), 7);
    expect(await service.search("kubepass")).not.toContain("session/");
  });

  it("when it is locked, says so and loses nothing", async () => {
    await using sandbox = createSandbox();
    const service = await startSecretService(sandbox, "locked-service");
    Object.assign(sandbox.environment, service.environment);
    await signIn(sandbox, "wanda");
    await service.lock();
    reboot(sandbox);
    const refused = checkExit(await sandbox.getToken(["--non-interactive"]), 3);
    expect(refused.stderr).toContain("the keyring that holds the session cannot be used");
    for (const code of ["KEYRING_UNAVAILABLE", "LOGIN_REQUIRED"]) expect(refused.stderr).toContain(code);
    // A person who signs in all the same gets the credential.
    const signedIn = await signIn(sandbox, "wanda");
    expect(JSON.parse(signedIn.stdout).status.token).toMatch(/^ey/);
    expect(signedIn.stderr).toMatch(/warning: the session cannot be kept.*code: KEYRING_UNAVAILABLE/);
    expect(listSessionFiles(sandbox)).toEqual([]);
    await service[Symbol.asyncDispose]();
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "while it asks for its password, %s ends the wait at once, and the session is kept",
    async (signal) => {
      await using sandbox = createSandbox();
      await using service = await startSecretService(sandbox, `asking-service-${signal.toLowerCase()}`);
      Object.assign(sandbox.environment, service.environment);
      await signIn(sandbox, `ylva-${signal.toLowerCase()}`);
      await service.lock();
      reboot(sandbox);
      const prompter = await service.askInVain();
      const running = sandbox.startGetToken(["--non-interactive"]);
      // Its native module is in memory: the next thing that it does is to ask.
      const isLoaded = (): true | undefined => readFileSync(`/proc/${running.id}/maps`, "latin1").includes(".node") || undefined;
      await waitFor("the keyring to be asked", isLoaded, { describe: () => running.stderr() });
      await letPass(1_000);
      const toldMs = performance.now();
      running.kill(signal);
      const { code, stdout, stderr } = await running.ended;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).toContain("INTERRUPTED");
      expect(listDelays({ tookMs: [performance.now() - toldMs], promptMs: 1_000, patienceMs: 10_000 })).toEqual([]);
      await prompter.stop();
      expect(await service.search("kubepass")).toMatch(/attribute\.username = session\/[0-9a-f]{64}/);
    },
  );

  it("where it is absent, a private file takes its place, and status says so", async () => {
    await using sandbox = createSandbox();
    await signIn(sandbox, "xenia");
    expect(listSessionFiles(sandbox)).toHaveLength(1);
    const status = checkExit(await sandbox.kubepass(["status"]));
    expect(status.stdout).toContain("in a plain file that only you can read");
    reboot(sandbox);
    checkExit(await sandbox.getToken(["--non-interactive"]));
  });

  it("guards the key of an encrypted file when a session is too large for it", async () => {
    await using sandbox = createSandbox();
    await using service = await startSecretService(sandbox, "large-service");
    const proof = "a session of sixty-four kibibytes; ";
    sandbox.record.addSecret("large session", proof);
    const tokenFile = join(sandbox.home, "token");
    writeFileSync(tokenFile, "opaque", { mode: 0o600 });
    const program = compilePlugin("test/system/plugins/large-session-plugin/main.ts");
    const environment = {
      ...sandbox.environment,
      ...service.environment,
      TOKEN_FILE: tokenFile,
      LARGE_SESSION_PROOF: proof,
      LARGE_SESSION_PLUGIN_INTERACTION: "open",
    };
    checkExit(await start(program, [], { environment }).ended);
    const [file, ...others] = listSessionFiles(sandbox, "large-session-plugin");
    expect(others).toEqual([]);
    expect(file).toMatch(/\.enc$/);
    expect(readFileSync(join(sandbox.state, "large-session-plugin", "sessions", file ?? ""), "utf8")).not.toContain(proof);
    await letPass(1_100);
    checkExit(await start(program, ["--non-interactive"], { environment }).ended);
  });
});

describe("a store that cannot be written", () => {
  /** Runs kubepass where home, state and runtime folder are a file system of its own, made by the script; gone with the process. */
  async function signInOn(sandbox: Sandbox, script: string, name: string): Promise<Outcome> {
    const place = join(sandbox.folder, "place");
    mkdirSync(place, { mode: 0o700 });
    const environment = {
      ...sandbox.environment,
      HOME: join(place, "home"),
      XDG_RUNTIME_DIR: join(place, "runtime"),
      XDG_STATE_HOME: join(place, "state"),
    };
    const prepare = `set -e; cd '${place}'; mount -t tmpfs -o size=64k,mode=700 none .; cd '${place}'; mkdir -m 700 home runtime state; ${script}; exec "$@"`;
    const args = [
      "--mount",
      "--map-root-user",
      "/bin/sh",
      "-c",
      prepare,
      "sh",
      sandbox.cluster.program,
      "get-token",
      ...sandbox.signInArguments,
    ];
    const running = start(getProgram("unshare"), args, { environment });
    void running.ended.then(({ stderr }) => sandbox.record.addOutput("kubepass get-token (standard error)", stderr));
    await person.signIn(await sandbox.awaitUrl(0), name);
    return checkExit(await running.ended);
  }

  it.each([
    ["a full disk", "dd if=/dev/zero of=full bs=1k 2>/dev/null || true", "ENOSPC", "yara"],
    ["a home that is read-only", `mount -o remount,ro none .`, "EROFS", "zora"],
  ])("%s costs a warning and not the credential", async (_, script, code, name) => {
    await using sandbox = createSandbox();
    const { stdout, stderr } = await signInOn(sandbox, script, name);
    expect(JSON.parse(stdout).status.token).toMatch(/^ey/);
    expect(stderr).toMatch(new RegExp(`warning: the session cannot be kept.*code: STORE_UNWRITABLE.*${code}`));
    expect(sandbox.openedUrls()).toHaveLength(1);
  });
});
