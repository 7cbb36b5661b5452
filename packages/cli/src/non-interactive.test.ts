import { join } from "node:path";
import { createFakeHost } from "@kubepass/plugin-sdk/testing";
import { CredentialError } from "@kubepass/wire";
import { expect, test } from "vitest";
import { atDesk, flagsFor } from "./test-support/at-desk.ts";
import { start } from "./start.ts";
import { type Ran, testRuntime } from "./test-support/run-in-process.ts";
import { createSignInScene } from "./test-support/sign-in-scene.ts";

// What programs read on standard error when they have said --non-interactive.

const scene = createSignInScene();

function login(...more: readonly string[]): Promise<Ran> {
  return scene.user.run(["login", "oidc", ...flagsFor(scene.issuer), ...more], atDesk(scene.issuer));
}

/** Signed in, with a session that lies in a keyring that is locked now, and no credential. */
async function askWithLockedKeyring(...more: readonly string[]): Promise<Ran> {
  await login();
  scene.user.host.advance(24 * 3_600_000);
  return await scene.user.run(["get-token", "oidc", ...flagsFor(scene.issuer), "--non-interactive", ...more], { keyring: "locked" });
}

test("a failure is exactly one line, which carries the warnings that came before", async () => {
  const ran = await askWithLockedKeyring();
  expect([ran.exitCode, ran.stderr.split("\n").length]).toEqual([3, 2]);
  expect(JSON.parse(ran.stderr)).toMatchObject({
    code: "LOGIN_REQUIRED",
    warnings: [{ message: "the keyring that holds the session cannot be used", fields: { code: "KEYRING_UNAVAILABLE" } }],
  });
});

test("with -v everything is told line by line, and the error last", async () => {
  const lines = (await askWithLockedKeyring("-v")).stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ kind, level }) => [kind, level])).toContainEqual(["Log", "warning"]);
  expect(lines.at(-1)).toMatchObject({ kind: "Error", code: "LOGIN_REQUIRED" });
  expect(lines.at(-1).warnings).toBeUndefined();
});

test("a warning is told even where nobody reads the credential any more", async () => {
  await login("--session-store=file");
  const host = createFakeHost({ variables: {}, isTerminal: false, canRead: false, keyring: "locked", sharedWith: scene.user.host });
  // Or the sign-in's credential would be as new as this call.
  host.advance(1000);
  const write = (): never => {
    throw new CredentialError("OUTPUT_FAILED", "cannot write", { cause: Object.assign(new Error("gone"), { code: "EPIPE" }) });
  };
  const argv = ["get-token", "oidc", ...flagsFor(scene.issuer), "--non-interactive", "--force-refresh", "--session-store=keyring"];
  const exitCode = await start({ argv, host, stdout: { write }, name: "kubepass", runtime: testRuntime });
  expect([exitCode, JSON.parse(host.output())]).toMatchObject([
    1,
    { kind: "Log", level: "warning", message: "the session cannot be kept, so the next renewal needs a sign-in" },
  ]);
});

test.each(["--non-interactive", "--output=json"])("commands that read no config file tell warnings as JSON too, with %s", async (flag) => {
  const flags = ["--oidc-issuer-url=https://issuer.example", "--oidc-client-id=kubernetes"];
  const ran = await scene.user.run(["authn", "convert", ...flags, flag]);
  expect([ran.exitCode, JSON.parse(ran.stderr)]).toMatchObject([
    0,
    { kind: "Log", level: "warning", message: expect.stringContaining("kube-apiserver takes RS256 alone by these flags") },
  ]);
});

test.each(["--non-interactive", "--output=json"])("the server's log is JSON, with %s", async (flag) => {
  const folder = join(scene.user.host.root, "served");
  await scene.user.run(["serve", "init", `--folder=${folder}`, "--address=127.0.0.1:0"]);
  const host = createFakeHost({ variables: {}, sharedWith: scene.user.host });
  host.interrupt();
  const argv = ["serve", `--config=${join(folder, "serve.yaml")}`, flag];
  await start({ argv, host, stdout: { write: () => {} }, name: "kubepass", runtime: testRuntime });
  const lines = host.output().trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ kind: "Log", level: "info", message: "stopped" }));
});

test("without a failure warnings are lines of their own", async () => {
  await login("--session-store=file");
  const argv = ["get-token", "oidc", ...flagsFor(scene.issuer), "--non-interactive", "--force-refresh", "--session-store=keyring"];
  const renewed = await scene.user.run(argv, { keyring: "locked" });
  expect([renewed.exitCode, JSON.parse(renewed.stderr)]).toMatchObject([
    0,
    { kind: "Log", level: "warning", message: "the session cannot be kept, so the next renewal needs a sign-in" },
  ]);
});
