import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { isCredentialError } from "@kubepass/wire";
import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson, startServer, type TestServer } from "@kubepass/network/test-support";

/** A signing key of a test issuer. */
export interface TestKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  /** As the issuer publishes it. */
  readonly jwk: Record<string, unknown>;
}

const curves: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

function createPrivateKey(algorithm: string): KeyObject {
  const curve = curves[algorithm];
  if (curve !== undefined) return generateKeyPairSync("ec", { namedCurve: curve }).privateKey;
  if (algorithm.startsWith("Ed")) return generateKeyPairSync("ed25519").privateKey;
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

/** A new key for one of the JWS algorithms. */
export function createTestKey(algorithm: string, kid = "key-1"): TestKey {
  const privateKey = createPrivateKey(algorithm);
  const jwk = {
    ...createPublicKey(privateKey.export({ type: "pkcs8", format: "pem" })).export({ format: "jwk" }),
    kid,
    alg: algorithm,
    use: "sig",
  };
  return { kid, algorithm, privateKey, jwk };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A signed JWT. `header` members replace those of the key. */
export function signJwt(claims: object, key: TestKey, header: object = {}): string {
  const input = `${encode({ alg: key.algorithm, kid: key.kid, typ: "JWT", ...header })}.${encode(claims)}`;
  const padding = key.algorithm.startsWith("PS") ? { padding: 6, saltLength: -1 } : {};
  const hash = key.algorithm.startsWith("Ed") ? null : `sha${key.algorithm.slice(2)}`;
  const signature = sign(hash, Buffer.from(input), { key: key.privateKey, dsaEncoding: "ieee-p1363", ...padding });
  return `${input}.${signature.toString("base64url")}`;
}

/** The discovery document of an issuer whose endpoints lie below it. */
export function createDiscovery(issuer: string, more: object = {}): Record<string, unknown> {
  const base = issuer.replace(/\/$/, "");
  return {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: `${base}/keys`,
    response_types_supported: ["code"],
    id_token_signing_alg_values_supported: ["RS256"],
    ...more,
  };
}

/** A server whose answers a test sets by path. A path without an answer is 404. */
export interface TestIssuer extends TestServer {
  answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** Paths in the order in which they were asked for. */
  paths(): string[];
}

/** An http issuer with a discovery document and the given keys. */
export async function startIssuer(keys: readonly TestKey[] = [], more: object = {}): Promise<TestIssuer> {
  const answers: TestIssuer["answers"] = {};
  const server = await startServer((request, response) => {
    const answer = answers[request.url ?? ""];
    if (answer === undefined) response.writeHead(404).end("not here");
    else answer(request, response);
  });
  answers["/.well-known/openid-configuration"] = (_request, response) => sendJson(response, createDiscovery(server.origin, more));
  answers["/keys"] = (_request, response) => sendJson(response, { keys: keys.map((key) => key.jwk) });
  return { ...server, answers, paths: () => server.requests.map((request) => request.url ?? "") };
}

/** What an error is, as `CODE: message; hint`. */
export async function describeFailure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "no failure";
  } catch (error) {
    if (!isCredentialError(error)) return `another error: ${String(error)}`;
    return `${error.code}: ${error.message}${error.hint === undefined ? "" : `; ${error.hint}`}`;
  }
}
