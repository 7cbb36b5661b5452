import { chmodSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { CredentialError, Secret } from "@kubepass/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CredentialRequest, PipelineSettings } from "./credential-request.ts";
import { getCredential } from "./get-credential.ts";
import type { Provider } from "./provider.ts";
import { findSignInRecords } from "./sessions/sign-in-record.ts";
import { createRequest } from "./testing/create-request.ts";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "./testing/index.ts";
import { createScriptedProvider } from "./testing/scripted-provider.ts";

let host: FakeHost;

beforeEach(() => {
  host = createFakeHost();
});

afterEach(() => {
  host.remove();
});

function requestFor(account: string, change: Partial<PipelineSettings> = {}): CredentialRequest {
  return createRequest(createScriptedProvider({ account }), change);
}

async function getToken(account: string, change: Partial<PipelineSettings> = {}, on: FakeHost = host): Promise<string> {
  return (await getCredential(requestFor(account, change), on)).credential.token?.reveal() ?? "";
}

const steps = fc.record({
  account: fc.constantFrom("anna", "berta", "carla@example", "", "anna "),
  passedMinutes: fc.constantFrom(0, 1, 59, 61),
  sessionStore: fc.constantFrom("auto", "file", "keyring", "none"),
  isRefreshForced: fc.boolean(),
  isPersonActing: fc.boolean(),
  environment: fc.constantFrom<FakeHostOptions>(
    {},
    { variables: { DISPLAY: ":1", AWS_PROFILE: "other" } },
    { keyring: "locked" },
    { keyring: "absent" },
  ),
});

test("no order of accounts, stores, flags and environments ever serves another identity's credential", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 12 }), async (turns) => {
      const first = createFakeHost();
      try {
        for (const { account, passedMinutes, environment, ...change } of turns) {
          first.advance(passedMinutes * 60_000);
          const token = await getToken(account, change, createFakeHost({ sharedWith: first, ...environment }));
          expect(token).toMatch(new RegExp(`^token-${encodeURIComponent(account)}-(signed|refreshed)-1$`));
        }
      } finally {
        first.remove();
      }
    }),
    { numRuns: 60 },
  );
});

test("what was made from another source is never served, not even when the new source is out of reach", async () => {
  const get = async (sourceFingerprint: string, token?: string): Promise<string> => {
    const provider: Provider = {
      name: "keys",
      identity: {},
      sourceFingerprint,
      async signIn() {
        if (token === undefined) throw new CredentialError("ISSUER_UNREACHABLE", "gone");
        return { credential: { token: new Secret(token), expiresAt: new Date(host.clock.now().getTime() + 900_000) } };
      },
    };
    const { credential } = await getCredential({ ...requestFor("anna"), provider }, host);
    return credential.token?.reveal() ?? "";
  };
  expect(await get("one", "token-one")).toBe("token-one");
  expect(await get("one")).toBe("token-one");
  await expect(get("two")).rejects.toMatchObject({ code: "ISSUER_UNREACHABLE" });
  host.advance(60_000);
  expect(await get("two", "token-two")).toBe("token-two");
  expect(await get("one", "token-one-again")).toBe("token-one-again");
});

test("entries that were swapped on disk are dropped, not served", async () => {
  await getToken("anna");
  await getToken("berta");
  const folder = join(host.directories.runtime, "credentials");
  const [one, two] = readdirSync(folder);
  renameSync(join(folder, String(one)), join(folder, "x"));
  renameSync(join(folder, String(two)), join(folder, String(one)));
  renameSync(join(folder, "x"), join(folder, String(two)));
  expect(await getToken("anna")).toBe("token-anna-refreshed-1");
  expect(await getToken("berta")).toBe("token-berta-refreshed-1");
  expect(host.output()).toContain("belongs to another identity");
});

test("a damaged entry is dropped with a warning and renewed", async () => {
  await getToken("anna");
  const folder = join(host.directories.runtime, "credentials");
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"version":1,"token":', { mode: 0o600 });
  expect(await getToken("anna")).toBe("token-anna-refreshed-1");
  expect(host.output()).toContain("warning: dropping a damaged cache entry");
});

test("an entry that others can read is refused with a hint", async () => {
  await getToken("anna");
  const folder = join(host.directories.runtime, "credentials");
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
  await expect(getToken("anna")).rejects.toThrow(
    expect.objectContaining({ code: "STORE_UNSAFE", exitCode: 6, hint: expect.stringContaining("chmod") }),
  );
});

test("a damaged session is reported, and a person who signs in again mends it", async () => {
  await getToken("anna", { sessionStore: "file" });
  const folder = join(host.directories.state, "sessions");
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "{}", { mode: 0o600 });
  host.advance(3_600_000);
  await expect(getToken("anna", { sessionStore: "file" })).rejects.toThrow(expect.objectContaining({ code: "SESSION_CORRUPT" }));
  expect(await getToken("anna", { sessionStore: "file", isPersonActing: true })).toBe("token-anna-signed-1");
});

test("a folder that cannot be written never costs a good credential", async () => {
  for (const name of ["runtime", "state"]) writeFileSync(join(host.root, name), "in the way");
  const blocked = {
    ...host,
    directories: { ...host.directories, runtime: join(host.root, "runtime", "x"), state: join(host.root, "state", "x") },
  };
  host.setKeyring("absent");
  const ready = await getCredential(requestFor("anna"), blocked);
  expect(ready.credential.token?.reveal()).toBe("token-anna-signed-1");
  expect(host.output()).toContain("warning: the credential cannot be kept");
  expect(host.output()).toContain("warning: the session cannot be kept");
});

test("without a keyring a session goes to a private file, and the record says so", async () => {
  host.setKeyring("absent");
  await getToken("anna");
  expect(findSignInRecords(host)).toMatchObject([{ store: "file", subject: "anna", issuer: "https://issuer.example", label: "anna" }]);
});

test("a session in a keyring that is locked for a while is neither lost nor moved to a plain file", async () => {
  await getToken("anna");
  host.advance(3_600_000);
  host.setKeyring("locked");
  expect(await getToken("anna")).toBe("token-anna-signed-1");
  expect(host.output()).toContain("the keyring that holds the session cannot be used");
  expect(findSignInRecords(host)).toMatchObject([{ store: "keyring" }]);
  host.setKeyring("present");
  host.advance(3_600_000);
  expect(await getToken("anna")).toBe("token-anna-refreshed-1");
});

test("a session goes where it is told to though the one before it lies in a keyring that is out of reach", async () => {
  await getToken("anna");
  host.advance(3_600_000);
  host.setKeyring("locked");
  expect(await getToken("anna", { sessionStore: "file" })).toBe("token-anna-signed-1");
  expect(findSignInRecords(host)).toMatchObject([{ store: "file" }]);
  expect(host.output()).toContain("warning: the former session could not be removed and stays valid");
  expect(host.output()).not.toContain("the session cannot be kept");
  host.advance(3_600_000);
  expect(await getToken("anna", { sessionStore: "file" })).toBe("token-anna-refreshed-1");
});

test("no session is kept where none shall be, and the one in a keyring that is out of reach is not forgotten", async () => {
  await getToken("anna");
  host.advance(3_600_000);
  host.setKeyring("locked");
  expect(await getToken("anna", { sessionStore: "none" })).toBe("token-anna-signed-1");
  expect(findSignInRecords(host)).toMatchObject([{ store: "none", otherStores: ["keyring"] }]);
});

test("a record of somebody else's making is left out of the list", async () => {
  await getToken("anna");
  const folder = join(host.directories.state, "sign-ins");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${"0".repeat(64)}.json`), "{}", { mode: 0o600 });
  writeFileSync(join(folder, "notes.txt"), "x");
  expect(findSignInRecords(host)).toHaveLength(1);
});
