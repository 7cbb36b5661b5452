import { createIssuer, type Issuer } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { atDesk, flagsFor } from "./test-support/at-desk.ts";
import { createFakeUser, type FakeUser, type Ran } from "./test-support/run-in-process.ts";

// What programs read on standard error when they have said --non-interactive.

let issuer: Issuer;
let user: FakeUser;

beforeAll(async () => {
  issuer = await createIssuer();
});
afterAll(() => issuer.close());
beforeEach(() => {
  issuer.signInMode = "automatic";
  user = createFakeUser();
});
afterEach(() => user.remove());

function login(...more: readonly string[]): Promise<Ran> {
  return user.run(["login", "oidc", ...flagsFor(issuer), ...more], atDesk(issuer));
}

/** Signed in, with a session that lies in a keyring that is locked now, and no credential. */
async function askWithLockedKeyring(...more: readonly string[]): Promise<Ran> {
  await login();
  user.host.advance(24 * 3_600_000);
  return await user.run(["get-token", "oidc", ...flagsFor(issuer), "--non-interactive", ...more], { keyring: "locked" });
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

test("without a failure warnings are lines of their own", async () => {
  await login("--session-store=file");
  const argv = ["get-token", "oidc", ...flagsFor(issuer), "--non-interactive", "--force-refresh", "--session-store=keyring"];
  const renewed = await user.run(argv, { keyring: "locked" });
  expect([renewed.exitCode, JSON.parse(renewed.stderr)]).toMatchObject([
    0,
    { kind: "Log", level: "warning", message: "the session cannot be kept, so the next renewal needs a sign-in" },
  ]);
});
