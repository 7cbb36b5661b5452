import { generateKeyPairSync } from "node:crypto";
import { isCredentialError, Secret } from "@kubepass/wire";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { type ClientAuthenticationOptions, createClientAuthentication, selectAuthenticationMethod } from "./client-authentication.ts";
import { describeFailure } from "./test-support/issuer.ts";

const issuer = "https://issuer.example";
const secret = new Secret("s+e:c%ret");
const privateKey = new Secret("key");

function select(options: ClientAuthenticationOptions, methods?: string[]): string {
  try {
    return selectAuthenticationMethod(
      options,
      methods === undefined ? { issuer } : { issuer, token_endpoint_auth_methods_supported: methods },
    );
  } catch (error) {
    return isCredentialError(error) ? error.code : "another error";
  }
}

describe("the client authentication", () => {
  const cases: readonly (readonly [ClientAuthenticationOptions, string[] | undefined, string])[] = [
    [{}, undefined, "none"],
    [{}, ["client_secret_basic"], "none"],
    [{ secret }, undefined, "client_secret_basic"],
    [{ secret }, ["client_secret_basic", "client_secret_post"], "client_secret_basic"],
    [{ secret }, ["client_secret_post"], "client_secret_post"],
    [{ secret }, ["private_key_jwt"], "client_secret_basic"],
    [{ privateKey }, ["client_secret_basic"], "private_key_jwt"],
    [{ privateKey, secret }, undefined, "CONFIG_INVALID"],
    [{ hasClientCertificate: true }, ["tls_client_auth"], "tls_client_auth"],
    [{ hasClientCertificate: true }, ["none", "tls_client_auth"], "none"],
    [{ hasClientCertificate: true, secret }, ["tls_client_auth", "client_secret_basic"], "client_secret_basic"],
    [{ method: "client_secret_post", secret }, ["client_secret_basic"], "client_secret_post"],
    [{ method: "client_secret_basic" }, undefined, "CONFIG_INVALID"],
    [{ method: "private_key_jwt" }, undefined, "CONFIG_INVALID"],
    [{ method: "tls_client_auth" }, undefined, "CONFIG_INVALID"],
    [{ method: "tls_client_auth", hasClientCertificate: true }, undefined, "tls_client_auth"],
    [{ method: "none", secret }, undefined, "CONFIG_INVALID"],
  ];

  it.each(cases)("of %j at an issuer with %j is %s", (options, methods, expected) => {
    expect(select(options, methods)).toBe(expected);
  });
});

async function authenticate(
  options: ClientAuthenticationOptions,
  algorithms?: string[],
): Promise<{ body: URLSearchParams; headers: Headers }> {
  const server = algorithms === undefined ? { issuer } : { issuer, token_endpoint_auth_signing_alg_values_supported: algorithms };
  const [body, headers] = [new URLSearchParams(), new Headers()];
  await (
    await createClientAuthentication(options, server)
  )(server, { client_id: "kube:1" }, body, headers);
  return { body, headers };
}

describe("a request of a client", () => {
  it("without secret names the client in its body", async () => {
    const { body, headers } = await authenticate({});
    expect([body.toString(), headers.get("authorization")]).toEqual(["client_id=kube%3A1", null]);
  });

  it("with a secret sends it in the header, encoded as RFC 6749 §2.3.1 says", async () => {
    const { body, headers } = await authenticate({ secret });
    expect([body.toString(), Buffer.from(headers.get("authorization")?.slice(6) ?? "", "base64").toString()]).toEqual([
      "",
      "kube%3A1:s%2Be%3Ac%25ret",
    ]);
  });

  it("with a secret sends it in the body when told so", async () => {
    const { body } = await authenticate({ method: "client_secret_post", secret });
    expect(body.get("client_secret")).toBe("s+e:c%ret");
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  const edwards = generateKeyPairSync("ed25519").privateKey;
  const pem = (key: typeof rsa, type: "pkcs8" | "sec1" | "pkcs1"): string => key.export({ type, format: "pem" }) as string;
  const jwk = (key: typeof rsa, more: object = {}): string => JSON.stringify({ ...key.export({ format: "jwk" }), ...more });

  it.each([
    ["RSA as PKCS#8", pem(rsa, "pkcs8"), undefined, { alg: "RS256" }],
    ["RSA as PKCS#1", pem(rsa, "pkcs1"), undefined, { alg: "RS256" }],
    ["RSA where only PS256 is taken", pem(rsa, "pkcs8"), ["PS256", "ES256"], { alg: "PS256" }],
    ["EC as PKCS#8", pem(ec, "pkcs8"), undefined, { alg: "ES384" }],
    ["EC as SEC1", pem(ec, "sec1"), undefined, { alg: "ES384" }],
    ["Ed25519", pem(edwards, "pkcs8"), undefined, { alg: "Ed25519" }],
    ["JWK with kid and alg", jwk(rsa, { kid: "k-1", alg: "PS512" }), undefined, { alg: "PS512", kid: "k-1" }],
  ])("with a key signs an assertion: %s", async (_what, text, algorithms, header) => {
    const { body } = await authenticate({ privateKey: new Secret(text) }, algorithms);
    const assertion = body.get("client_assertion") ?? "";
    expect(decodeProtectedHeader(assertion)).toEqual(header);
    expect(decodeJwt(assertion)).toMatchObject({ iss: "kube:1", sub: "kube:1", aud: issuer });
  });

  it("with a key of another name uses that name", async () => {
    const { body } = await authenticate({ privateKey: new Secret(jwk(ec, { kid: "k-1" })), keyId: "k-2" });
    expect(decodeProtectedHeader(body.get("client_assertion") ?? "").kid).toBe("k-2");
  });

  it.each([
    ["garbage", "canary", /^FILE_UNREADABLE: the private key is neither readable PEM nor a JWK/],
    ["broken JSON", '{"d":"canary"', /^FILE_UNREADABLE: the private key is not a JSON object/],
    [
      "a public key",
      jwk(ec)
        .replace(/"d":"[^"]*",?/, "")
        .replace(",}", "}"),
      /^FILE_UNREADABLE: the private key is of a kind that cannot sign/,
    ],
    ["a symmetric key", '{"kty":"oct","k":"canary"}', /^FILE_UNREADABLE: the private key is of a kind/],
    ["an algorithm of another kind", jwk(ec, { alg: "RS256" }), /^FILE_UNREADABLE: the private key cannot be used with RS256/],
    [
      "an encrypted key",
      rsa.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string,
      /^FILE_UNREADABLE: the private key is encrypted; decrypt it/,
    ],
  ])("with %s is refused, and the key is not shown", async (_what, text, expected) => {
    const failure = await describeFailure(authenticate({ privateKey: new Secret(text) }));
    expect(failure).toMatch(expected);
    expect(failure).not.toContain("canary");
  });
});
