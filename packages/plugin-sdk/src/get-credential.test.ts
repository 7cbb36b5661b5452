import { rmSync } from "node:fs";
import { join } from "node:path";
import { CredentialError, Secret } from "@kubepass/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PipelineSettings } from "./credential-request.ts";
import { endSignIn } from "./end-sign-in.ts";
import { getCredential } from "./get-credential.ts";
import type { Host } from "./host.ts";
import type { Provider } from "./provider.ts";
import { findSignInRecords } from "./sessions/sign-in-record.ts";
import { createRequest } from "./testing/create-request.ts";
import { createFakeHost, testProvider, waitUntil, type FakeHost, type FakeHostOptions } from "./testing/index.ts";
import { createScriptedProvider, unreachable, type ScriptedProvider } from "./testing/scripted-provider.ts";

const halfHourMs = 30 * 60_000;
const hourMs = 60 * 60_000;

let host: FakeHost;
let provider: ScriptedProvider;

beforeEach(() => {
  host = createFakeHost();
  provider = createScriptedProvider();
});

afterEach(() => {
  host.remove();
});

async function getToken(change: Partial<PipelineSettings> = {}, on: Host = host, of: Provider = provider): Promise<string | undefined> {
  return (await getCredential(createRequest(of, change), on)).credential.token?.reveal();
}

testProvider(test, "scripted provider", { create: () => createScriptedProvider() });

test("a fresh entry is handed out without lock, keyring or provider", async () => {
  expect(await getToken()).toBe("token-anna-signed-1");
  rmSync(join(host.directories.runtime, "locks"), { recursive: true });
  host.setKeyring("locked");
  expect(await getToken()).toBe("token-anna-signed-1");
  expect(provider.calls).toEqual({ signIn: 1, refresh: 0, prompts: 1 });
});

test("a hundred processes at once make one sign-in, and all get the same credential", async () => {
  const hosts = Array.from({ length: 100 }, () => createFakeHost({ sharedWith: host }));
  const tokens = await Promise.all(hosts.map((each) => getToken({}, each)));
  expect(new Set(tokens)).toEqual(new Set(["token-anna-signed-1"]));
  expect(provider.calls.signIn).toBe(1);
});

test("whoever waits for a sign-in that may take half an hour does not give up before", async () => {
  const signIn = provider.signInWith;
  provider.signInWith = async (context) => {
    const { clock, signal } = context.host;
    context.announceEnd(new Date(clock.now().getTime() + halfHourMs));
    for (let minute = 0; minute < 25; minute += 1) await clock.sleep(60_000, signal);
    return await signIn(context);
  };
  const hosts = Array.from({ length: 5 }, () => createFakeHost({ sharedWith: host }));
  const tokens = await Promise.all(hosts.map((each) => getToken({}, each)));
  expect(new Set(tokens)).toEqual(new Set(["token-anna-signed-1"]));
  expect(provider.calls.signIn).toBe(1);
});

test.each<[string, Partial<PipelineSettings>, FakeHostOptions]>([
  ["asks nobody", { interaction: "never" }, {}],
  ["can ask nobody", {}, { variables: { CI: "true" } }],
])("whoever %s waits for no sign-in that takes its time, and says nothing of the wait", async (_, change, options) => {
  let finish = (): void => {};
  provider.signInWith = async (context) => {
    context.announceEnd(new Date(context.host.clock.now().getTime() + halfHourMs));
    await new Promise<void>((resolve) => (finish = resolve));
    throw new CredentialError("SIGN_IN_TIMEOUT", "nobody came");
  };
  const leader = getToken();
  await waitUntil(() => provider.calls.signIn === 1);
  const alone = createFakeHost({ sharedWith: host, ...options });
  await expect(getToken(change, alone)).rejects.toThrow(expect.objectContaining({ code: "LOCK_TIMEOUT" }));
  expect(alone.output()).toMatch(/^test: info: waiting for the sign-in of another process \(process: \d+\)\n$/);
  finish();
  await expect(leader).rejects.toThrow(expect.objectContaining({ code: "SIGN_IN_TIMEOUT" }));
});

test("after its renewal time a credential is refreshed without a window, once over all processes", async () => {
  await getToken();
  host.advance(hourMs);
  const hosts = Array.from({ length: 20 }, () => createFakeHost({ sharedWith: host }));
  const tokens = await Promise.all(hosts.map((each) => getToken({}, each)));
  expect(new Set(tokens)).toEqual(new Set(["token-anna-refreshed-1"]));
  expect(provider.calls).toEqual({ signIn: 1, refresh: 1, prompts: 1 });
});

test("a rotated session is what the next refresh uses", async () => {
  await getToken();
  const used: string[] = [];
  const rotate = provider.refreshWith;
  provider.refreshWith = (session, context) => (used.push(session.secret.reveal()), rotate(session, context));
  for (let turn = 0; turn < 3; turn += 1) {
    host.advance(hourMs);
    await getToken();
  }
  expect(used).toEqual(["session-anna-signed-1", "session-anna-refreshed-1", "session-anna-refreshed-2"]);
});

test("a network failure while refreshing asks nobody and keeps the session", async () => {
  await getToken();
  host.advance(hourMs);
  provider.refreshWith = () => Promise.reject(unreachable());
  await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "ISSUER_UNREACHABLE", exitCode: 5 }));
  expect(provider.calls.prompts).toBe(1);
  provider.refreshWith = createScriptedProvider().refreshWith;
  host.advance(5_000);
  expect(await getToken()).toMatch(/refreshed/);
});

test("while the issuer is out of reach a credential is used up to its real end", async () => {
  await getToken();
  host.advance(hourMs - 30_000);
  provider.refreshWith = () => Promise.reject(unreachable());
  expect(await getToken()).toBe("token-anna-signed-1");
  expect(host.output()).toContain("the old credential is used until it ends");
});

test("a refused session leads to one sign-in", async () => {
  await getToken();
  host.advance(hourMs);
  provider.refreshWith = () => Promise.resolve({ kind: "refused", reason: "invalid_grant" });
  expect(await getToken()).toBe("token-anna-signed-2");
});

test("a session that another process replaced meanwhile is tried before anybody is asked", async () => {
  await getToken();
  host.advance(hourMs);
  const rotate = provider.refreshWith;
  provider.refreshWith = (session, context) => {
    if (session.secret.reveal() !== "session-anna-signed-1") return rotate(session, context);
    for (const account of host.keyringItems.keys()) host.keyringItems.set(account, 'inline:{"version":1,"secret":"session-newer"}');
    return Promise.resolve({ kind: "refused", reason: "invalid_grant" });
  };
  expect(await getToken()).toBe("token-anna-refreshed-2");
  expect(provider.calls.prompts).toBe(1);
});

test.each(["keyring", "file"] as const)(
  "where the session will lie (%s) is on the disk before it lies there, so that a kill cannot hide it",
  async (store) => {
    const seen: unknown[] = [];
    const look = (): void => void seen.push(findSignInRecords(host).map((record) => record.store));
    if (store === "file") host.setKeyring("absent");
    const { keyring } = host;
    const write = keyring.write.bind(keyring);
    Object.assign(keyring, {
      write: async (account: string, secret: string) => {
        look();
        await write(account, secret);
      },
    });
    await getToken();
    look();
    expect(seen).toEqual([["keyring"], [store]]);
  },
);

test("another subject than the bound one is refused, unless a person takes it on", async () => {
  await getToken({ sessionStore: "none" });
  host.advance(hourMs);
  const other = createScriptedProvider({ account: "anna", subject: "berta" });
  await expect(getToken({}, host, other)).rejects.toThrow(expect.objectContaining({ code: "IDENTITY_CHANGED", exitCode: 6 }));
  host.advance(halfHourMs);
  expect(await getToken({ isPersonActing: true }, host, other)).toMatch(/signed/);
});

test("a sign-in knows whom the identity is bound to, unless a person may change it", async () => {
  const expected: (string | undefined)[] = [];
  const signIn = provider.signInWith;
  provider.signInWith = async (context) => {
    expected.push(context.expectedSubject);
    return await signIn(context);
  };
  await getToken({ sessionStore: "none" });
  host.advance(hourMs);
  await getToken({ sessionStore: "none" });
  host.advance(hourMs);
  await getToken({ sessionStore: "none", isPersonActing: true });
  expect(expected).toEqual([undefined, "anna", undefined]);
});

test("where nobody is there a sign-in that needs a person is refused before the provider runs", async () => {
  const alone = createFakeHost({ sharedWith: host, variables: {}, isTerminal: false, canRead: false });
  await expect(getToken({}, alone)).rejects.toThrow(
    expect.objectContaining({
      code: "LOGIN_REQUIRED",
      message: "sign-in needed for anna, but there is no display and no terminal",
      hint: "run: plugin login",
    }),
  );
  expect(provider.calls.signIn).toBe(0);
});

test("a forced refresh renews a fresh credential, once for those who wish it together", async () => {
  await getToken();
  host.advance(1_000);
  const hosts = Array.from({ length: 10 }, () => createFakeHost({ sharedWith: host }));
  await Promise.all(hosts.map((each) => getToken({ isRefreshForced: true }, each)));
  expect(provider.calls.refresh).toBe(1);
});

test("a credential without end is printed but not cached", async () => {
  provider.signInWith = () => Promise.resolve({ credential: { token: new Secret("static") } });
  expect(await getToken()).toBe("static");
  expect(await getToken()).toBe("static");
  expect(provider.calls.signIn).toBe(2);
});

test.each([
  ["an empty token", { token: new Secret("") }],
  ["a token with a line break", { token: new Secret("a\r\nX-Evil: 1") }],
  ["nothing", {}],
  ["a certificate that is not one", { clientCertificate: { certificatePem: "x", privateKeyPem: new Secret("y") } }],
  ["a credential that has ended", { token: new Secret("t"), expiresAt: new Date(0) }],
])("a provider that returns %s is told so, and nothing is stored", async (_what, credential) => {
  provider.signInWith = () => Promise.resolve({ credential });
  await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "CREDENTIAL_INVALID" }));
  expect(findSignInRecords(host)).toEqual([]);
});

test("a defect in a provider is reported as one and gives the lock back", async () => {
  provider.signInWith = () => Promise.reject(new TypeError("undefined is not a function"));
  await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "INTERNAL" }));
  provider.signInWith = createScriptedProvider().signInWith;
  host.advance(11_000);
  expect(await getToken()).toMatch(/signed/);
});

test("signing out ends at the issuer, forgets here, and the next call needs a sign-in", async () => {
  await getToken();
  const report = await endSignIn(createRequest(provider), host);
  expect(report).toMatchObject({ wasSignedIn: true, items: [{ what: "refresh token", outcome: "revoked" }] });
  await expect(getToken({ interaction: "never" })).rejects.toThrow(expect.objectContaining({ code: "LOGIN_REQUIRED" }));
});

test("a session that was replaced is kept even when the rest of the refresh fails", async () => {
  await getToken();
  host.advance(hourMs);
  const used: string[] = [];
  provider.refreshWith = async (session, context) => {
    used.push(session.secret.reveal());
    await context.keepSession({ secret: new Secret(`rotated-${used.length}`) });
    throw unreachable();
  };
  for (let turn = 0; turn < 2; turn += 1) {
    await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "ISSUER_UNREACHABLE" }));
    host.advance(10_000);
  }
  expect(used).toEqual(["session-anna-signed-1", "rotated-1"]);
});
