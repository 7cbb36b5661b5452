import type { FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import { createIssuer, type Issuer } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { atDesk, flagsFor } from "./test-support/at-desk.ts";
import { createFakeUser, type FakeUser, type Ran } from "./test-support/run-in-process.ts";

let issuer: Issuer;
let user: FakeUser;

beforeAll(async () => {
  issuer = await createIssuer();
});
afterAll(() => issuer.close());
beforeEach(() => {
  issuer.signInMode = "automatic";
  issuer.account = "anna";
  user = createFakeUser();
});
afterEach(() => user.remove());

function runWithKeyring(keyring: NonNullable<FakeHostOptions["keyring"]>, argv: readonly string[]): Promise<Ran> {
  return user.run(argv, atDesk(issuer, { keyring }));
}

test("status tells of an older session that was left in a locked keyring, and logout ends both", async () => {
  await runWithKeyring("present", ["login", "oidc", ...flagsFor(issuer)]);
  await runWithKeyring("locked", ["login", "oidc", ...flagsFor(issuer), "--force", "--session-store=file"]);
  const text = (await user.run(["status"])).stdout.replaceAll(/\s+/g, " ");
  expect(text).toContain("an older one that could not be removed lies in the system's keyring (logout ends it)");
  const status = JSON.parse((await user.run(["status", "--output=json"])).stdout);
  expect(status.signIns[0].session).toMatchObject({ store: "file", olderIn: ["keyring"] });
  const ended = (await user.run(["logout"])).stdout;
  expect(ended).toContain("  refresh token revoked\n");
  expect(ended).toContain("  older refresh token revoked\n");
  expect([user.host.keyringItems.size, (await user.run(["status"])).stdout.split("\n")[0]]).toEqual([0, "nobody is signed in"]);
});

test("status says that nobody is signed in after a logout that could not reach the keyring of an older session", async () => {
  await runWithKeyring("present", ["login", "oidc", ...flagsFor(issuer)]);
  await runWithKeyring("locked", ["login", "oidc", ...flagsFor(issuer), "--force", "--session-store=file"]);
  await runWithKeyring("locked", ["logout"]);
  const text = (await user.run(["status"])).stdout;
  expect(text.split("\n")[0]).toBe("nobody is signed in");
  expect(text.replaceAll(/\s+/g, " ")).toContain(
    "session none: signed out; an older one that could not be removed lies in the system's keyring",
  );
  expect(JSON.parse((await user.run(["status", "--output=json"])).stdout).signIns).toMatchObject([{ signedOut: true }]);
});
