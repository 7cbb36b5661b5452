import { createAuthority, createTestNetworkHost, sendJson, startServer, type TestServer } from "@kubepass/network/test-support";
import { describe, expect, it } from "vitest";
import { compile, configurationOf, goodClaims, judge, nowSeconds } from "../test-support/jwt-scene.ts";
import { createTestKey, signJwt, type TestKey } from "../test-support/sign-jwt.ts";
import { createIssuerKeySource, type KeyFetchOptions } from "./fetched-keys.ts";
import { createJwtVerifier, type JwtVerifier } from "./jwt-verifier.ts";

interface Issuer {
  readonly server: TestServer;
  readonly authorityPem: string;
  keys: readonly TestKey[];
  document: Record<string, unknown>;
}

async function startIssuer(path = "/.well-known/openid-configuration"): Promise<Issuer> {
  const authority = await createAuthority();
  const state: { keys: readonly TestKey[]; document: Record<string, unknown> } = { keys: [], document: {} };
  const server = await startServer(
    (request, response) => {
      if (request.url === path) return sendJson(response, state.document);
      if (request.url === "/keys") return sendJson(response, { keys: state.keys.map(({ jwk }) => jwk) });
      sendJson(response, {}, 404);
    },
    await authority.issue(),
  );
  state.document = { issuer: server.origin, jwks_uri: `${server.origin}/keys` };
  return Object.assign(state, { server, authorityPem: authority.certificatePem });
}

function createVerifier(issuer: object, options: KeyFetchOptions = {}): JwtVerifier {
  const host = createTestNetworkHost();
  const compiled = compile(configurationOf({ issuer: JSON.parse(JSON.stringify(issuer)) }));
  return createJwtVerifier(compiled, ({ authenticator }) => createIssuerKeySource(authenticator.issuer, host, options));
}

const key = createTestKey("one", "P-256");
const tokenOf = (iss: string, signer = key): string =>
  signJwt({ alg: "ES256", kid: signer.kid }, { ...goodClaims, iss, exp: nowSeconds + 600 }, signer);

describe("keys over the network", () => {
  it("come by discovery, from a server whose authority the configuration gives", async () => {
    const issuer = await startIssuer();
    issuer.keys = [key];
    const verifier = createVerifier({ url: issuer.server.origin, audiences: ["cluster"], certificateAuthority: issuer.authorityPem });
    expect(await judge(verifier, tokenOf(issuer.server.origin))).toMatchObject({ kind: "verified", user: { username: "jane" } });
    expect(await judge(verifier, tokenOf(issuer.server.origin))).toMatchObject({ kind: "verified" });
    expect(issuer.server.requests.map(({ url }) => url)).toEqual(["/.well-known/openid-configuration", "/keys"]);
    expect(verifier.statuses().get(issuer.server.origin)?.isReady).toBe(true);
    await verifier.close?.();
  });

  it("come from the discovery URL where there is one, while the issuer keeps its name", async () => {
    const issuer = await startIssuer("/elsewhere");
    issuer.keys = [key];
    issuer.document = { ...issuer.document, issuer: "https://inside.test" };
    const settings = { url: "https://inside.test", discoveryURL: `${issuer.server.origin}/elsewhere`, audiences: ["cluster"] };
    const verifier = createVerifier({ ...settings, certificateAuthority: issuer.authorityPem });
    expect(await judge(verifier, tokenOf("https://inside.test"))).toMatchObject({ kind: "verified" });
  });

  it("are not taken from a server of another authority: nobody can tell then", async () => {
    const [issuer, other] = [await startIssuer(), await createAuthority()];
    issuer.keys = [key];
    const settings = { url: issuer.server.origin, audiences: ["cluster"], certificateAuthority: other.certificatePem };
    expect(await judge(createVerifier(settings), tokenOf(issuer.server.origin))).toMatchObject({
      kind: "uncertain",
      code: "ISSUER_UNREACHABLE",
    });
  });

  it.each([
    ["another issuer", { issuer: "https://evil.test" }],
    ["no keys", { jwks_uri: "" }],
    ["keys over plain http", { jwks_uri: "http://127.0.0.1/keys" }],
  ])("are not taken from a document of %s", async (_name, change) => {
    const issuer = await startIssuer();
    issuer.keys = [key];
    issuer.document = { ...issuer.document, ...change };
    const settings = { url: issuer.server.origin, audiences: ["cluster"], certificateAuthority: issuer.authorityPem };
    expect(await judge(createVerifier(settings), tokenOf(issuer.server.origin))).toMatchObject({
      kind: "uncertain",
      code: "ISSUER_UNREACHABLE",
    });
  });

  it("follow a rotation at the first token of the new key", async () => {
    const issuer = await startIssuer();
    issuer.keys = [createTestKey("old", "P-256")];
    const settings = { url: issuer.server.origin, audiences: ["cluster"], certificateAuthority: issuer.authorityPem };
    const verifier = createVerifier(settings, {
      limits: { deadlineMs: 10_000, minRefetchMs: 0, unknownKidMs: 0, maxUnknownKids: 10, breakerMs: [1, 1] },
    });
    expect(await judge(verifier, tokenOf(issuer.server.origin))).toMatchObject({ kind: "refused", code: "KEY_UNKNOWN" });
    issuer.keys = [key];
    expect(await judge(verifier, tokenOf(issuer.server.origin))).toMatchObject({ kind: "verified" });
    const renewed = createTestKey("one", "P-256");
    issuer.keys = [renewed];
    expect(await judge(verifier, tokenOf(issuer.server.origin, renewed))).toMatchObject({ kind: "verified" });
  });
});
