import type { FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import { expect, test } from "vitest";
import { atDesk, flagsFor } from "./test-support/at-desk.ts";
import { type Ran } from "./test-support/run-in-process.ts";
import { createSignInScene } from "./test-support/sign-in-scene.ts";

const scene = createSignInScene();

function runWithKeyring(keyring: NonNullable<FakeHostOptions["keyring"]>, argv: readonly string[]): Promise<Ran> {
  return scene.user.run(argv, atDesk(scene.issuer, { keyring }));
}

test("status tells of an older session that was left in a locked keyring, and logout ends both", async () => {
  await runWithKeyring("present", ["login", "oidc", ...flagsFor(scene.issuer)]);
  await runWithKeyring("locked", ["login", "oidc", ...flagsFor(scene.issuer), "--force", "--session-store=file"]);
  const text = (await scene.user.run(["status"])).stdout.replaceAll(/\s+/g, " ");
  expect(text).toContain("an older one that could not be removed lies in the system's keyring (logout ends it)");
  const status = JSON.parse((await scene.user.run(["status", "--output=json"])).stdout);
  expect(status.signIns[0].session).toMatchObject({ store: "file", olderIn: ["keyring"] });
  const ended = (await scene.user.run(["logout"])).stdout;
  expect(ended).toContain("  refresh token revoked\n");
  expect(ended).toContain("  older refresh token revoked\n");
  expect([scene.user.host.keyringItems.size, (await scene.user.run(["status"])).stdout.split("\n")[0]]).toEqual([0, "nobody is signed in"]);
});

test("status says that nobody is signed in after a logout that could not reach the keyring of an older session", async () => {
  await runWithKeyring("present", ["login", "oidc", ...flagsFor(scene.issuer)]);
  await runWithKeyring("locked", ["login", "oidc", ...flagsFor(scene.issuer), "--force", "--session-store=file"]);
  await runWithKeyring("locked", ["logout"]);
  const text = (await scene.user.run(["status"])).stdout;
  expect(text.split("\n")[0]).toBe("nobody is signed in");
  expect(text.replaceAll(/\s+/g, " ")).toContain(
    "session none: signed out; an older one that could not be removed lies in the system's keyring",
  );
  expect(JSON.parse((await scene.user.run(["status", "--output=json"])).stdout).signIns).toMatchObject([{ signedOut: true }]);
});
