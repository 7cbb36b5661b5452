import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiServer, createApiServer } from "./api-server.ts";
import { type CertificateAuthority, createCertificateAuthority } from "./certificate-authority.ts";
import { type LoopbackServer, sendJson, startLoopbackServer } from "./loopback-server.ts";
import { type JsonAnswer, requestJson } from "./request-json.ts";

const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const now = new Date("2026-03-01T12:00:00Z");

let authority: CertificateAuthority;
let issuer: LoopbackServer;
let key: KeyObject;
let published: { kid: string; key: KeyObject }[];
let keyDownloads = 0;
let server: ApiServer;

async function createKey(kid: string): Promise<KeyObject> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  published.push({ kid, key: publicKey });
  return privateKey;
}

async function sign(claims: Record<string, unknown> = {}, signingKey = key, kid = "first"): Promise<string> {
  const end = Math.floor(now.getTime() / 1000) + 3600;
  const all = { iss: issuer.origin, aud: "kubernetes", exp: end, sub: "anna", groups: ["developers"], ...claims };
  return await new SignJWT(all).setProtectedHeader({ alg: "ES256", kid }).sign(signingKey);
}

async function ask(path: string, token?: string, more: { body?: unknown; accept?: string } = {}): Promise<JsonAnswer> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(more.accept === undefined ? {} : { accept: more.accept }),
  };
  return await requestJson(new URL(path, server.url), { certificateAuthorityPem: authority.certificatePem, headers, body: more.body });
}

beforeAll(async () => {
  authority = await createCertificateAuthority("test");
  published = [];
  key = await createKey("first");
  issuer = await startLoopbackServer({ certificate: await authority.issueServer() }, async (request, response) => {
    if (request.url !== "/keys") {
      sendJson(response, 200, { issuer: issuer.origin, jwks_uri: `${issuer.origin}/keys` });
      return;
    }
    keyDownloads += 1;
    const keys = await Promise.all(published.map(async (each) => ({ ...(await exportJWK(each.key)), kid: each.kid, alg: "ES256" })));
    sendJson(response, 200, { keys });
  });
  server = await createApiServer({
    certificateAuthority: authority,
    jwt: { issuerUrl: issuer.origin, audiences: ["kubernetes"], certificateAuthorityPem: authority.certificatePem },
    rules: [
      { groups: ["developers"], verbs: ["get", "list"], resources: ["pods"], namespaces: ["shop"] },
      { groups: ["developers"], verbs: ["get", "list"], resources: ["namespaces"] },
    ],
    namespaces: [
      {
        name: "shop",
        createdAt: new Date("2026-02-27T12:00:00Z"),
        pods: [
          { name: "web-0", restarts: 2 },
          { name: "web-1", phase: "Pending" },
        ],
      },
      { name: "vault" },
    ],
    now: () => now,
  });
});

afterAll(async () => {
  await Promise.all([server.close(), issuer.close()]);
});

describe("who somebody is", () => {
  test("a token of the issuer names the user and groups", async () => {
    const answer = await ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", await sign(), { body: {} });
    expect(answer).toMatchObject({
      status: 201,
      body: { kind: "SelfSubjectReview", status: { userInfo: { username: "anna", groups: ["developers", "system:authenticated"] } } },
    });
  });

  test("a client certificate names the user and groups", async () => {
    const clientCertificate = await authority.issueClient({
      commonName: "carl",
      organizations: ["operators", "night shift"],
      notBefore: new Date("2026-02-01T00:00:00Z"),
      notAfter: new Date("2026-04-01T00:00:00Z"),
    });
    const url = new URL("/apis/authentication.k8s.io/v1/selfsubjectreviews", server.url);
    const answer = await requestJson(url, { certificateAuthorityPem: authority.certificatePem, clientCertificate, body: {} });
    expect(answer.body).toMatchObject({
      status: { userInfo: { username: "carl", groups: expect.arrayContaining(["operators", "night shift", "system:authenticated"]) } },
    });
  });

  test("a certificate of another authority is not accepted", async () => {
    const other = await createCertificateAuthority("test");
    const clientCertificate = await other.issueClient({ commonName: "carl" });
    const answer = await requestJson(new URL("/version", server.url), {
      certificateAuthorityPem: authority.certificatePem,
      clientCertificate,
    });
    expect(answer.status).toBe(401);
  });

  test("a certificate that has ended is not accepted", async () => {
    const clientCertificate = await authority.issueClient({
      commonName: "carl",
      notBefore: new Date("2026-01-01T00:00:00Z"),
      notAfter: new Date("2026-02-01T00:00:00Z"),
    });
    const answer = await requestJson(new URL("/version", server.url), {
      certificateAuthorityPem: authority.certificatePem,
      clientCertificate,
    });
    expect(answer.status).toBe(401);
    expect(server.refusals.at(-1)).toContain("certificate has ended");
  });

  test.each<[string, () => Promise<string | undefined>, string]>([
    ["no credential", async () => undefined, "no credential"],
    ["what is no token", async () => "nonsense", "Compact JWS"],
    ["a token for another audience", async () => await sign({ aud: "other" }), '"aud"'],
    ["a token of another issuer", async () => await sign({ iss: "https://other.example" }), '"iss"'],
    ["a token that has ended", async () => await sign({ exp: Math.floor(now.getTime() / 1000) - 1 }), '"exp"'],
    ["a token without an end", async () => await sign({ exp: undefined }), "no end"],
    ["a token without a name", async () => await sign({ sub: undefined }), "claim sub"],
    ["a token with odd groups", async () => await sign({ groups: [7] }), "claim groups"],
    [
      "a token signed by somebody else",
      async () => await sign({}, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
      "signature",
    ],
  ])("%s is unauthorized, and the reason is only in the log", async (_what, createToken, reason) => {
    const answer = await ask("/version", await createToken());
    expect(answer).toEqual({
      status: 401,
      body: {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: "Unauthorized",
        reason: "Unauthorized",
        code: 401,
      },
    });
    expect(server.refusals.at(-1)).toContain(reason);
  });

  test("the name and the groups come from the claims that are configured, with a prefix", async () => {
    const jwt = { issuerUrl: issuer.origin, audiences: ["other", "kubernetes"], certificateAuthorityPem: authority.certificatePem };
    const claims = { usernameClaim: "email", usernamePrefix: "acme:", groupsClaim: "teams", groupsPrefix: "team:" };
    const configured = await createApiServer({ certificateAuthority: authority, jwt: { ...jwt, ...claims }, now: () => now });
    const whoAmI = async (token: string): Promise<JsonAnswer> =>
      await requestJson(new URL("/apis/authentication.k8s.io/v1/selfsubjectreviews", configured.url), {
        certificateAuthorityPem: authority.certificatePem,
        headers: { authorization: `Bearer ${token}` },
        body: {},
      });
    const email = "anna@example.com";
    expect((await whoAmI(await sign({ email, teams: "shop" }))).body).toMatchObject({
      status: { userInfo: { username: `acme:${email}`, groups: ["team:shop", "system:authenticated"] } },
    });
    expect((await whoAmI(await sign({ email, email_verified: true }))).status).toBe(201);
    expect((await whoAmI(await sign({ email, email_verified: false }))).status).toBe(401);
    await configured.close();
  });

  test("keys are fetched once, and once more when the issuer signs with a new one", async () => {
    await ask("/version", await sign());
    const before = keyDownloads;
    await ask("/version", await sign({ jti: "another" }));
    expect(keyDownloads).toBe(before);
    const second = await createKey("second");
    expect((await ask("/version", await sign({}, second, "second"))).status).toBe(200);
    expect(keyDownloads).toBe(before + 1);
  });

  test("requests, refusals and different tokens are counted", async () => {
    const before = server.counts;
    const token = await sign({ jti: "counted" });
    await ask("/version", token);
    await ask("/version", token);
    await ask("/version", "wrong");
    expect(server.counts).toEqual({ requests: before.requests + 3, unauthorized: before.unauthorized + 1, tokens: before.tokens + 2 });
    expect(server.requests.at(-1)).toBe("GET /version");
  });
});

describe("what somebody may see", () => {
  test("lists come as a table, or as a list", async () => {
    const table = await ask("/api/v1/namespaces", await sign(), { accept: tableAccept });
    expect(table.body).toMatchObject({ kind: "Table", rows: [{ cells: ["shop", "Active", "2d"] }, { cells: ["vault", "Active", "0s"] }] });
    const list = await ask("/api/v1/namespaces/shop/pods?limit=500", await sign());
    expect(list.body).toMatchObject({
      kind: "PodList",
      items: [{ metadata: { name: "web-0", namespace: "shop" } }, { status: { phase: "Pending" } }],
    });
  });

  test("one object comes as itself", async () => {
    expect((await ask("/api/v1/namespaces/shop/pods/web-1", await sign())).body).toMatchObject({
      kind: "Pod",
      metadata: { name: "web-1" },
    });
    expect((await ask("/api/v1/namespaces/shop", await sign())).body).toMatchObject({ kind: "Namespace", metadata: { name: "shop" } });
    expect(await ask("/api/v1/namespaces/shop/pods/gone", await sign())).toMatchObject({
      status: 404,
      body: { reason: "NotFound", message: 'pods "gone" not found' },
    });
  });

  test("what no rule allows is forbidden", async () => {
    expect(await ask("/api/v1/namespaces/vault/pods", await sign())).toMatchObject({
      status: 403,
      body: {
        reason: "Forbidden",
        message: 'pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "vault"',
        details: { kind: "pods" },
      },
    });
    expect((await ask("/api/v1/pods", await sign())).status).toBe(403);
    expect((await ask("/apis/apps/v1/namespaces/shop/deployments", await sign())).status).toBe(403);
    expect((await ask("/api/v1/namespaces/shop/pods", await sign(), { body: {} })).status).toBe(403);
  });

  test.each([
    [{ resourceAttributes: { verb: "list", resource: "pods", namespace: "shop" } }, true],
    [{ resourceAttributes: { verb: "list", resource: "pods", namespace: "vault" } }, false],
    [{ nonResourceAttributes: { verb: "get", path: "/version" } }, true],
  ])("a review of %j answers %s", async (spec, allowed) => {
    const answer = await ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", await sign(), { body: { spec } });
    expect(answer).toMatchObject({ status: 201, body: { status: { allowed } } });
  });

  test("a review of nothing is invalid", async () => {
    expect((await ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", await sign(), { body: {} })).status).toBe(422);
  });

  test.each(["/api", "/apis", "/api/v1", "/apis/authentication.k8s.io/v1", "/apis/authorization.k8s.io/v1", "/version"])(
    "%s is open to every user",
    async (path) => {
      expect((await ask(path, await sign({ groups: undefined }))).status).toBe(200);
    },
  );

  test("an unknown group is not found", async () => {
    expect((await ask("/apis/apps/v1", await sign())).status).toBe(404);
    expect((await ask("/apis/constructor/v1", await sign())).status).toBe(404);
  });
});
