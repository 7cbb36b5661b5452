import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TestServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import { ClusterAccess } from "../apply/cluster-access.ts";
import type { AuthProviderConfig } from "../kubeconfig.ts";
import { createConfig, createFolder, createTestClientHost, type TestClientHost } from "../test-support/client-scene.ts";
import { formatIdToken, startTokenIssuer } from "../test-support/issuer-scene.ts";
import { createKubeconfigStore } from "./kubeconfig-store.ts";
import { type AuthProviderStore, OidcAuthProvider } from "./oidc-auth-provider.ts";

function createToken(subject: string | undefined, expiry = "2030-01-01T01:00:00Z"): string {
  return formatIdToken({ exp: Date.parse(expiry) / 1000, sub: subject });
}

function createProvider(issuer: string, more: Readonly<Record<string, string>>): AuthProviderConfig {
  const all = { "idp-issuer-url": issuer, "client-id": "kubectl", ...more };
  return { name: "oidc", config: new Map(Object.entries(all).map(([key, value]) => [key, new Secret(value)])) };
}

function formatUsers(config: Readonly<Record<string, string>>): string {
  const lines = Object.entries(config).map(([key, value]) => `        ${key}: ${value}\n`);
  return `users:\n- name: somebody\n  user:\n    auth-provider:\n      name: oidc\n      config:\n${lines.join("")}`;
}

/** An issuer that takes any refresh token; `onRefresh` runs before it answers. */
async function startIssuer(
  refreshes: string[],
  onRefresh = (): void => {},
  nextToken = (): string => createToken("refreshed"),
): Promise<TestServer> {
  return await startTokenIssuer((form) => {
    refreshes.push(form.get("refresh_token") ?? "");
    onRefresh();
    return { body: { id_token: nextToken(), refresh_token: "rotated" } };
  });
}

function openStore(path: string, host: TestClientHost): AuthProviderStore | undefined {
  return createKubeconfigStore({ ...createConfig({ server: "https://c" }), origins: { user: path } }, host);
}

test("two people of one issuer whose entries have one name are kept apart, and so is a new sign-in", async () => {
  const access = new ClusterAccess(createTestClientHost());
  const [alice, bob] = [createToken("alice"), createToken("bob")];
  const get = async (token: string): Promise<string> => {
    const provider = createProvider("https://idp.example", { "id-token": token });
    const config = createConfig({ server: "https://c" }, { authProvider: provider });
    return (await access.getOidc(config, provider).get()).reveal();
  };
  expect(await get(alice)).toBe(alice);
  expect(await get(bob)).toBe(bob);
});

test.each([
  ["issuer", { "idp-issuer-url": "https://other.example" }],
  ["client", { "client-id": "other" }],
  ["client secret", { "client-secret": "other" }],
])("an entry that has become that of another %s is neither used nor written", async (_, other) => {
  const refreshes: string[] = [];
  const issuer = await startIssuer(refreshes);
  const path = join(createFolder(), "config");
  const stored = { "idp-issuer-url": issuer.origin, "client-id": "kubectl", ...other, "id-token": createToken("b"), "refresh-token": "b" };
  const text = formatUsers(stored);
  writeFileSync(path, text);
  const host = createTestClientHost();
  const own = createProvider(issuer.origin, { "refresh-token": "a" });
  const provider = new OidcAuthProvider(own.config, openStore(path, host), host);
  expect((await provider.get()).reveal()).toBe(createToken("refreshed"));
  expect(refreshes).toEqual(["a"]);
  expect(readFileSync(path, "utf8")).toBe(text);
});

const past = "2029-12-31T23:00:00Z";

test.each([
  ["still good", "2030-01-01T01:00:00Z"],
  ["over", past],
])("a running program does not become the person whose sign-in, %s, took the entry's place", async (_, expiry) => {
  const refreshes: string[] = [];
  const issuer = await startIssuer(
    refreshes,
    () => {},
    () => createToken("alice"),
  );
  const path = join(createFolder(), "config");
  const client = { "idp-issuer-url": issuer.origin, "client-id": "kubectl" };
  const text = formatUsers({ ...client, "id-token": createToken("bob", expiry), "refresh-token": "bobs" });
  writeFileSync(path, text);
  const host = createTestClientHost();
  const own = createProvider(issuer.origin, { "id-token": createToken("alice", past), "refresh-token": "alices" });
  expect((await new OidcAuthProvider(own.config, openStore(path, host), host).get()).reveal()).toBe(createToken("alice"));
  expect(refreshes).toEqual(["alices"]);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("tokens that turn out to be another person's are stored where they belong, and not used", async () => {
  const refreshes: string[] = [];
  const issuer = await startIssuer(
    refreshes,
    () => {},
    () => createToken("bob"),
  );
  const path = join(createFolder(), "config");
  writeFileSync(path, formatUsers({ "idp-issuer-url": issuer.origin, "client-id": "kubectl", "refresh-token": "bobs" }));
  const host = createTestClientHost();
  const own = createProvider(issuer.origin, { "id-token": createToken("alice", past), "refresh-token": "alices" });
  const provider = new OidcAuthProvider(own.config, openStore(path, host), host);
  await expect(provider.get()).rejects.toMatchObject({ code: "IDENTITY_CHANGED" });
  expect(refreshes).toEqual(["bobs"]);
  expect(readFileSync(path, "utf8")).toContain("refresh-token: rotated");
  expect(readFileSync(path, "utf8")).toContain(`id-token: ${createToken("bob")}`);
  // And it stays alice: from now on the entry says whose it is, so her own refresh token is tried.
  await expect(provider.get()).rejects.toMatchObject({ code: "IDENTITY_CHANGED" });
  expect(refreshes).toEqual(["bobs", "alices"]);
});

test("an issuer that answers a refresh for another person is not believed", async () => {
  const issuer = await startIssuer(
    [],
    () => {},
    () => createToken("bob"),
  );
  const own = createProvider(issuer.origin, { "id-token": createToken("alice", past), "refresh-token": "alices" });
  await expect(new OidcAuthProvider(own.config, undefined, createTestClientHost()).get()).rejects.toMatchObject({
    code: "IDENTITY_CHANGED",
  });
});

test.each([
  ["at once", ["alice", "bob"]],
  ["after an answer that names nobody", ["alice", undefined, "bob"]],
])("a program without an ID token is the first person it is answered for, and never another, %s", async (_, subjects) => {
  const host = createTestClientHost();
  const waiting = [...subjects];
  const inMs = (durationMs: number): string => new Date(host.clock.now().getTime() + durationMs).toISOString();
  const issuer = await startIssuer([], undefined, () => createToken(waiting.shift(), inMs(60_000)));
  const provider = new OidcAuthProvider(createProvider(issuer.origin, { "refresh-token": "a" }).config, undefined, host);
  for (const subject of subjects.slice(0, -1)) {
    expect((await provider.get()).reveal()).toBe(createToken(subject, inMs(60_000)));
    host.advance(60_000);
  }
  await expect(provider.get()).rejects.toMatchObject({ code: "IDENTITY_CHANGED" });
});

test("a sign-in that is made while tokens are refreshed stays", async () => {
  const path = join(createFolder(), "config");
  const newer = (issuer: string): string =>
    formatUsers({ "idp-issuer-url": issuer, "client-id": "kubectl", "id-token": createToken("new"), "refresh-token": "new" });
  const issuer: TestServer = await startIssuer([], () => writeFileSync(path, newer(issuer.origin)));
  writeFileSync(path, formatUsers({ "idp-issuer-url": issuer.origin, "client-id": "kubectl", "refresh-token": "old" }));
  const host = createTestClientHost();
  const own = createProvider(issuer.origin, { "refresh-token": "old" });
  expect((await new OidcAuthProvider(own.config, openStore(path, host), host).get()).reveal()).toBe(createToken("refreshed"));
  expect(readFileSync(path, "utf8")).toBe(newer(issuer.origin));
  expect(host.warnings).toEqual([expect.stringContaining("the new tokens are lost")]);
});

test("an entry that cannot be edited loses a new refresh token with a warning", async () => {
  const issuer = await startIssuer([]);
  const path = join(createFolder(), "config");
  const text =
    `x: &config {idp-issuer-url: "${issuer.origin}", client-id: kubectl, refresh-token: old}\n` +
    "users:\n- name: somebody\n  user:\n    auth-provider:\n      <<: {config: *config}\n      name: oidc\n";
  writeFileSync(path, text);
  const host = createTestClientHost();
  const own = createProvider(issuer.origin, { "refresh-token": "old" });
  await new OidcAuthProvider(own.config, openStore(path, host), host).get();
  expect(readFileSync(path, "utf8")).toBe(text);
  expect(host.warnings).toEqual([expect.stringContaining("the new tokens are lost")]);
});
