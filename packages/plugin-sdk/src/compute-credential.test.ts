import { existsSync } from "node:fs";
import { join } from "node:path";
import { CredentialError, Secret } from "@kubepass/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PipelineSettings } from "./credential-request.ts";
import { getCredential } from "./get-credential.ts";
import type { Issued, Provider } from "./provider.ts";
import { findSignInRecords } from "./sessions/sign-in-record.ts";
import { createRequest } from "./testing/create-request.ts";
import { createFakeHost, type FakeHost } from "./testing/index.ts";

const hourMs = 3_600_000;

let host: FakeHost;
let made: number;
let issue: () => Issued;

beforeEach(() => {
  host = createFakeHost();
  made = 0;
  issue = () => ({ credential: { token: new Secret(`token-${made}`), expiresAt: new Date(host.clock.now().getTime() + hourMs) } });
});

afterEach(() => host.remove());

const provider: Provider = {
  name: "computed",
  identity: { account: "anna" },
  isComputed: true,
  async signIn() {
    made += 1;
    return await Promise.resolve(issue());
  },
};

async function getToken(change: Partial<PipelineSettings> = {}, on: FakeHost = host): Promise<string | undefined> {
  return (await getCredential(createRequest(provider, change), on)).credential.token?.reveal();
}

test("a computed credential is kept and handed out again until it is to be renewed", async () => {
  expect([await getToken(), await getToken()]).toEqual(["token-1", "token-1"]);
  host.advance(hourMs);
  expect(await getToken()).toBe("token-2");
  expect(findSignInRecords(host)).toMatchObject([{ provider: "computed", store: "none" }]);
});

test("nobody waits for it: no lock is taken, and many at once leave one whole entry", async () => {
  const hosts = Array.from({ length: 20 }, () => createFakeHost({ sharedWith: host }));
  const tokens = await Promise.all(hosts.map((each) => getToken({}, each)));
  expect(existsSync(join(host.directories.runtime, "locks"))).toBe(false);
  expect(tokens).toContain(await getToken());
  expect(host.output()).toBe("");
});

test("a failure is not remembered: the next call tries again", async () => {
  const good = issue;
  issue = () => {
    throw new CredentialError("SOURCE_FAILED", "the keys have ended");
  };
  await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "SOURCE_FAILED", message: "the keys have ended" }));
  issue = good;
  expect(await getToken()).toBe("token-2");
});

test.each<[string, string, Partial<Issued>]>([
  ["a token that fits into no header", "CREDENTIAL_INVALID", { credential: { token: new Secret("a\nb") } }],
  ["a session, which only the lock protects", "CREDENTIAL_INVALID", { session: { secret: new Secret("s") } }],
  ["another subject than before", "IDENTITY_CHANGED", { subject: "berta" }],
])("%s is refused as of every provider", async (_what, code, change) => {
  const good = issue;
  issue = () => ({ ...good(), subject: "anna" });
  await getToken();
  host.advance(1_000);
  issue = () => ({ ...good(), ...change });
  await expect(getToken({ isRefreshForced: true })).rejects.toThrow(expect.objectContaining({ code }));
  expect(findSignInRecords(host)).toMatchObject([{ subject: "anna", store: "none" }]);
});

test("what an author threw is reported as a defect", async () => {
  issue = () => {
    throw new TypeError("undefined is not a function");
  };
  await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "INTERNAL" }));
});
