import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAuthority, sendJson, startServer, type TestServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import { Cluster } from "../apply/cluster.ts";
import { ClusterAccess } from "../apply/cluster-access.ts";
import { loadConfig } from "../load-config.ts";
import { createConfig, createFolder, createTestClientHost } from "../test-support/client-scene.ts";
import { formatIdToken, startTokenIssuer } from "../test-support/issuer-scene.ts";
import { createKubeconfigStore } from "./kubeconfig-store.ts";
import { judgeRefresh, judgeTokenEndpoint, OidcAuthProvider } from "./oidc-auth-provider.ts";

const now = Date.parse("2030-01-01T00:00:00Z") / 1000;

function createToken(expiresIn: number, more: object = {}): string {
  return formatIdToken({ exp: now + expiresIn, ...more });
}

interface IssuerScene {
  readonly issuer: TestServer;
  /** Bodies of the refreshes so far. */
  readonly refreshes: string[];
}

/** An issuer that gives each refresh token once. */
async function startIssuer(lifetimeSeconds = 3600): Promise<IssuerScene> {
  const refreshes: string[] = [];
  const issuer = await startTokenIssuer((form) => {
    const expected = `r${refreshes.length}`;
    refreshes.push(form.toString());
    if (form.get("refresh_token") !== expected) return { status: 400, body: { error: "invalid_grant" } };
    return { body: { id_token: createToken(lifetimeSeconds, { n: refreshes.length }), refresh_token: `r${refreshes.length}` } };
  });
  return { issuer, refreshes };
}

function createValues(issuer: TestServer, more: Readonly<Record<string, string>>): Map<string, Secret> {
  const all = { "idp-issuer-url": `${issuer.origin}/`, "client-id": "kubectl", ...more };
  return new Map(Object.entries(all).map(([key, value]) => [key, new Secret(value)]));
}

test("an ID token is used until ten seconds before its end", async () => {
  const { issuer, refreshes } = await startIssuer();
  const host = createTestClientHost();
  const token = createToken(60);
  const provider = new OidcAuthProvider(createValues(issuer, { "id-token": token, "refresh-token": "r0" }), undefined, host);
  expect((await provider.get()).reveal()).toBe(token);
  host.advance(49_000);
  expect((await provider.get()).reveal()).toBe(token);
  expect(refreshes).toHaveLength(0);
  host.advance(1_000);
  expect((await provider.get()).reveal()).not.toBe(token);
  expect(refreshes).toHaveLength(1);
});

test("a new token that ends within ten seconds is used, and renewed for the next request", async () => {
  const { issuer, refreshes } = await startIssuer(5);
  const provider = new OidcAuthProvider(createValues(issuer, { "refresh-token": "r0" }), undefined, createTestClientHost());
  const first = (await provider.get()).reveal();
  expect((await provider.get()).reveal()).not.toBe(first);
  expect(refreshes).toHaveLength(2);
});

test("many who ask at once share one refresh", async () => {
  const { issuer, refreshes } = await startIssuer();
  const provider = new OidcAuthProvider(createValues(issuer, { "refresh-token": "r0" }), undefined, createTestClientHost());
  const tokens = await Promise.all(Array.from({ length: 10 }, async () => (await provider.get()).reveal()));
  expect(new Set(tokens).size).toBe(1);
  expect(refreshes).toEqual(["grant_type=refresh_token&refresh_token=r0&client_id=kubectl"]);
});

test("programs that share a kubeconfig do not use a refresh token twice, and comments stay", async () => {
  const { issuer, refreshes } = await startIssuer();
  const path = join(createFolder(), "config");
  writeFileSync(
    path,
    `# mine\nusers:\n- name: somebody\n  user:\n    auth-provider:\n      name: oidc\n      config: # tokens\n        idp-issuer-url: ${issuer.origin}\n        client-id: kubectl\n        refresh-token: r0\n`,
  );
  const open = (): OidcAuthProvider => {
    const host = createTestClientHost();
    const config = { ...createConfig({ server: "https://c" }), origins: { user: path } };
    return new OidcAuthProvider(createValues(issuer, { "refresh-token": "r0" }), createKubeconfigStore(config, host), host);
  };
  const tokens = await Promise.all([open(), open(), open()].map(async (provider) => (await provider.get()).reveal()));
  expect(new Set(tokens).size).toBe(1);
  expect(refreshes).toHaveLength(1);
  const text = readFileSync(path, "utf8");
  expect(text).toContain("# mine");
  expect(text).toContain("# tokens");
  expect(text).toContain(`id-token: ${tokens[0]}`);
  expect(text).toContain("refresh-token: r1");
});

test.each([
  ["no refresh token", {}, "LOGIN_REQUIRED"],
  ["a refresh token that was used up", { "refresh-token": "r7" }, "ISSUER_REFUSED"],
  ["an ID token that is none", { "id-token": "a.b", "refresh-token": "r0" }, "CONFIG_INVALID"],
])("with %s there is no token", async (_, more, code) => {
  const { issuer } = await startIssuer();
  await expect(new OidcAuthProvider(createValues(issuer, more), undefined, createTestClientHost()).get()).rejects.toMatchObject({ code });
});

test("an issuer and a client id are needed", () => {
  expect(() => new OidcAuthProvider(new Map(), undefined, createTestClientHost())).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
});

test.each([[{}], [{ token_endpoint: 5 }], [{ token_endpoint: "nowhere" }], [{ token_endpoint: "http://idp.example/token" }]])(
  "the discovery document %j leads nowhere safe",
  (document) => {
    expect(() => judgeTokenEndpoint(document, "https://idp.example")).toThrow(expect.objectContaining({ code: "ISSUER_INVALID" }));
  },
);

test("a refresh keeps what is not answered, and takes a new refresh token", () => {
  const before = new Map([
    ["client-id", new Secret("c")],
    ["refresh-token", new Secret("old")],
  ]);
  const reveal = (values: ReadonlyMap<string, Secret>): object =>
    Object.fromEntries([...values].map(([key, value]) => [key, value.reveal()]));
  expect(reveal(judgeRefresh(200, { id_token: "i" }, before))).toEqual({ "client-id": "c", "refresh-token": "old", "id-token": "i" });
  expect(reveal(judgeRefresh(200, { id_token: "i", refresh_token: "new" }, before))).toMatchObject({ "refresh-token": "new" });
});

test.each([
  [400, { error: "invalid_grant" }, "ISSUER_REFUSED"],
  [503, {}, "ISSUER_REFUSED"],
  [200, {}, "RESPONSE_INVALID"],
  [200, { id_token: 5 }, "RESPONSE_INVALID"],
])("a refresh that is answered with %d %j gives no token", (status, answer, code) => {
  expect(() => judgeRefresh(status, answer, new Map())).toThrow(expect.objectContaining({ code }));
});

test("a relative authority of the issuer lies beside the kubeconfig, and not where the program was started", async () => {
  const trusted = await createAuthority();
  const folder = createFolder();
  const issuer = await startServer((_, response) => sendJson(response, { error: "seen" }, 400), await trusted.issue());
  const text = `users:
- name: u
  user:
    auth-provider: {name: oidc, config: {idp-issuer-url: "${issuer.origin}", client-id: k, refresh-token: r, idp-certificate-authority: ca.pem}}
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`;
  writeFileSync(join(folder, "config"), text);
  const ask = async (): Promise<unknown> => {
    const config = loadConfig({ variables: {}, platform: process.platform }, { path: join(folder, "config") });
    const access = new ClusterAccess(createTestClientHost());
    return await new Cluster(config, access).fetch("/").catch((error: unknown) => error);
  };
  expect(await ask()).toMatchObject({ code: "FILE_UNREADABLE", message: expect.stringContaining(join(folder, "ca.pem")) });
  writeFileSync(join(folder, "ca.pem"), trusted.certificatePem);
  expect(await ask()).toMatchObject({ code: "ISSUER_INVALID" });
});
