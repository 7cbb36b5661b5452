import { Secret } from "@kubepass/wire";
import { decodeProtectedHeader } from "jose";
import * as oauth from "oauth4webapi";
import { describe, expect, it } from "vitest";
import { connectIssuer, type IssuerOptions, requestOptions } from "./connect-issuer.ts";
import type { IssuerConnection } from "./connection.ts";
import { generateDpopKey } from "./dpop-key.ts";
import { receiveTokens } from "./receive-tokens.ts";
import { createAuthority, sendJson, startServer } from "@kubepass/network/test-support";
import { createTestHost } from "./test-support/host.ts";
import { createDiscovery, createTestKey, describeFailure, signJwt, startIssuer } from "./test-support/issuer.ts";

const signal = new AbortController().signal;
const key = createTestKey("RS256");

function connect(issuer: string, more: Partial<IssuerOptions> = {}, host = createTestHost()): Promise<IssuerConnection> {
  return connectIssuer({ issuer, clientId: "kubernetes", isInsecureIssuerAllowed: true, ...more }, host, signal);
}

describe("a connection to an issuer", () => {
  it("carries a grant from the request to verified tokens", async () => {
    const issuer = await startIssuer([key]);
    const seconds = Date.parse("2030-01-01T00:00:00Z") / 1000;
    issuer.answers["/token"] = (_request, response) =>
      sendJson(response, {
        id_token: signJwt({ iss: issuer.origin, aud: "kubernetes", sub: "anna", iat: seconds, exp: seconds + 60 }, key),
      });
    const connection = await connect(issuer.origin, { clientAuthentication: { secret: new Secret("hunter2") } });
    const { server, client, clientAuthentication } = connection;
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      clientAuthentication,
      { scope: "openid" },
      requestOptions(connection, signal),
    );
    expect((await receiveTokens(connection, response, { idToken: "required" }, signal)).idToken?.subject).toBe("anna");
    expect(issuer.requests.find((request) => request.url === "/token")?.headers.authorization).toBe(
      `Basic ${Buffer.from("kubernetes:hunter2").toString("base64")}`,
    );
  });

  it("speaks https with the given authority, and refuses an http token endpoint", async () => {
    const authority = await createAuthority();
    const server = await startServer((_request, response) => sendJson(response, createDiscovery(server.origin)), await authority.issue());
    const network = { certificateAuthorityPems: [authority.certificatePem] };
    const connection = await connect(server.origin, { network, isInsecureIssuerAllowed: false });
    expect([connection.server.issuer, connection.isInsecureAllowed, connection.isServerCertificateUnchecked]).toEqual([
      server.origin,
      false,
      false,
    ]);
    expect(
      await describeFailure(
        connect(server.origin, { network, isInsecureIssuerAllowed: false, endpoints: { token: "http://127.0.0.1/token" } }),
      ),
    ).toMatch(/^POLICY_REFUSED/);
    expect(await describeFailure(connect(server.origin))).toMatch(/^TLS_UNTRUSTED/);
  });

  it("whose certificate nobody checked says so, and does not share its cache", async () => {
    const authority = await createAuthority();
    const server = await startServer((_request, response) => sendJson(response, createDiscovery(server.origin)), await authority.issue());
    const host = createTestHost();
    const connection = await connect(server.origin, { network: { isServerCertificateUnchecked: true } }, host);
    expect(connection.isServerCertificateUnchecked).toBe(true);
    expect(await describeFailure(connect(server.origin, {}, host))).toMatch(/^TLS_UNTRUSTED/);
  });

  it("needs a client id", async () => {
    expect(await describeFailure(connect("https://issuer.example", { clientId: "" }))).toMatch(/^CONFIG_INVALID: the client id is empty/);
  });

  it("uses the endpoints for mutual TLS only when the client authenticates that way", async () => {
    const issuer = await startIssuer();
    expect((await connect(issuer.origin)).client.use_mtls_endpoint_aliases).toBe(false);
  });

  it("does not name a secret when it is printed", async () => {
    const issuer = await startIssuer();
    const connection = await connect(issuer.origin, {
      clientAuthentication: { secret: new Secret("hunter2") },
      dpopKey: await generateDpopKey(),
    });
    expect(JSON.stringify(connection)).not.toContain("hunter2");
  });
});

describe("a DPoP key", () => {
  it("signs a proof for each request when the issuer offers it", async () => {
    const issuer = await startIssuer([], { dpop_signing_alg_values_supported: ["ES256"] });
    issuer.answers["/token"] = (_request, response) => sendJson(response, {});
    const dpopKey = await generateDpopKey();
    const connection = await connect(issuer.origin, { dpopKey: JSON.parse(JSON.stringify(dpopKey)) });
    await oauth.clientCredentialsGrantRequest(
      connection.server,
      connection.client,
      connection.clientAuthentication,
      {},
      requestOptions(connection, signal),
    );
    const proof = String(issuer.requests.find((request) => request.url === "/token")?.headers["dpop"]);
    const { kty, crv, x, y } = dpopKey;
    expect(decodeProtectedHeader(proof)).toEqual({ alg: "ES256", typ: "dpop+jwt", jwk: { kty, crv, x, y } });
  });

  it.each([
    ["the issuer does not offer it", {}, {}],
    ["the issuer takes other algorithms only", { dpop_signing_alg_values_supported: ["RS256"] }, {}],
    ["it is turned off", { dpop_signing_alg_values_supported: ["ES256"] }, { dpop: "never" }],
  ] as const)("is not used when %s", async (_what, published, options) => {
    const issuer = await startIssuer([], published);
    const connection = await connect(issuer.origin, { ...options, dpopKey: await generateDpopKey() });
    expect(connection.dpop).toBeUndefined();
    expect("DPoP" in requestOptions(connection, signal)).toBe(false);
  });

  it("that is damaged is reported without being shown", async () => {
    const issuer = await startIssuer([], { dpop_signing_alg_values_supported: ["ES256"] });
    for (const dpopKey of [{}, { kty: "EC", crv: "P-256", d: "canary" }, { kty: "RSA", d: "canary" }]) {
      const failure = await describeFailure(connect(issuer.origin, { dpopKey }));
      expect(failure).toMatch(/^SESSION_CORRUPT: the DPoP key/);
      expect(failure).not.toContain("canary");
    }
  });
});
