import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PipelineSettings } from "../credential-request.ts";
import { endSignIn } from "../end-sign-in.ts";
import { getCredential } from "../get-credential.ts";
import { createRequest } from "../testing/create-request.ts";
import { createFakeHost, type FakeHost } from "../testing/index.ts";
import { createScriptedProvider, type ScriptedProvider } from "../testing/scripted-provider.ts";
import { findSignInRecords } from "./sign-in-record.ts";

// A session that is replaced while its keyring is locked stays there: it is known, it is ended in the end, and it is never used.

let host: FakeHost;
let provider: ScriptedProvider;

beforeEach(() => {
  host = createFakeHost();
  provider = createScriptedProvider();
});

afterEach(() => {
  host.remove();
});

async function getToken(change: Partial<PipelineSettings> = {}): Promise<string> {
  return (await getCredential(createRequest(provider, change), host)).credential.token?.reveal() ?? "";
}

function removeSessionFiles(): void {
  const folder = join(host.directories.state, "sessions");
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

/** Signs in twice, so that a newer session lies in a file and an older one in a keyring that was locked then. */
async function leaveOlderSession(): Promise<void> {
  await getToken();
  host.advance(3_600_000);
  host.setKeyring("locked");
  await getToken({ sessionStore: "file" });
}

test("an older session that was left in a locked keyring is known, and never used", async () => {
  await leaveOlderSession();
  expect(findSignInRecords(host)).toMatchObject([{ store: "file", otherStores: ["keyring"] }]);
  host.setKeyring("present");
  removeSessionFiles();
  host.advance(3_600_000);
  // The keyring's would be a refresh.
  expect(await getToken({ interaction: "open" })).toMatch(/signed/);
});

test("when the process dies while the session moves back to the keyring, the older one there is not taken for it", async () => {
  await leaveOlderSession();
  host.setKeyring("present");
  const { keyring } = host;
  Object.assign(keyring, { write: () => Promise.reject(new Error("killed")) });
  host.advance(3_600_000);
  await expect(getToken({ sessionStore: "keyring" })).rejects.toThrow(expect.objectContaining({ code: "INTERNAL" }));
  expect(findSignInRecords(host)).toMatchObject([{ store: "keyring", otherStores: ["file"] }]);
  expect(host.keyringItems.size).toBe(0);
});

test("signing out ends the older session too, once its keyring can be used", async () => {
  await leaveOlderSession();
  const ended = await endSignIn(createRequest(provider), host);
  expect(ended.items).toMatchObject([
    { what: "refresh token", outcome: "revoked" },
    { what: "older session in the keyring", outcome: "still-valid", reason: "the keyring is locked" },
  ]);
  expect(findSignInRecords(host)).toMatchObject([{ store: "none", otherStores: ["keyring"], subject: undefined }]);
  host.setKeyring("present");
  const rest = await endSignIn(createRequest(provider), host);
  expect(rest.items.at(-1)).toEqual({ what: "older refresh token", outcome: "revoked" });
  expect([host.keyringItems.size, findSignInRecords(host)]).toEqual([0, []]);
  expect((await endSignIn(createRequest(provider), host)).wasSignedIn).toBe(false);
});

test("the next sign-in removes the older session, a refresh does not wait for its keyring", async () => {
  await leaveOlderSession();
  host.advance(3_600_000);
  const before = host.output().length;
  expect(await getToken({ sessionStore: "file" })).toMatch(/refreshed/);
  expect(host.output().slice(before)).not.toContain("former session");
  expect(findSignInRecords(host)).toMatchObject([{ store: "file", otherStores: ["keyring"] }]);
  host.setKeyring("present");
  removeSessionFiles();
  host.advance(3_600_000);
  expect(await getToken({ sessionStore: "file" })).toMatch(/signed/);
  expect(findSignInRecords(host)).toMatchObject([{ store: "file", otherStores: [] }]);
  expect(host.keyringItems.size).toBe(0);
});

test.each([
  ["with subjects", "bob"],
  ["of an issuer that names no subject", undefined],
])("the session of somebody else is never used again though the one that replaces it could not be kept, %s", async (_, subject) => {
  await getToken();
  host.advance(1_000);
  host.setKeyring("locked");
  const signIn = provider.signInWith;
  provider.signInWith = async (context) => ({ ...(await signIn(context)), subject });
  expect(await getToken({ isPersonActing: true, isRefreshForced: true })).toMatch(/signed/);
  expect(findSignInRecords(host)).toMatchObject([{ store: "none", otherStores: ["keyring"] }]);
  host.setKeyring("present");
  host.advance(3_600_000);
  expect(await getToken()).toMatch(/signed/);
  expect(provider.calls.refresh).toBe(0);
});

test("signing out without a way to end a session says so once, and the record says that nobody is signed in", async () => {
  Object.assign(provider, { signOut: undefined });
  await leaveOlderSession();
  const { items } = await endSignIn(createRequest(provider), host);
  expect(items.map(({ what }) => what)).toEqual(["credential", "older session in the keyring"]);
  expect(findSignInRecords(host)).toMatchObject([{ isEnded: true }]);
  host.setKeyring("present");
  host.advance(3_600_000);
  expect(await getToken({ sessionStore: "keyring" })).toMatch(/signed/);
  expect(findSignInRecords(host)).toMatchObject([{ store: "keyring", isEnded: undefined, otherStores: [] }]);
});
