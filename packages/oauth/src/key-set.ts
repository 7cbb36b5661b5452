import type { webcrypto } from "node:crypto";
import type { JsonObject } from "@kubepass/wire";
import { importJWK } from "jose";

/** The signature algorithms that are taken (S25): asymmetric ones of RFC 7518 and RFC 8037. Never `none`, never HMAC. */
export const signatureAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

/** One of {@link signatureAlgorithms}. */
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** The algorithm of a JWS header, if it is one that is taken. */
export function findSignatureAlgorithm(header: JsonObject): SignatureAlgorithm | undefined {
  return signatureAlgorithms.find((name) => name === header["alg"]);
}

const curves: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521", EdDSA: "Ed25519", Ed25519: "Ed25519" };

function isForVerifying(jwk: JsonObject): boolean {
  const [use, operations] = [jwk["use"], jwk["key_ops"]];
  if (use !== undefined && use !== "sig") return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes("verify"));
}

function isOfAlgorithm(jwk: JsonObject, algorithm: SignatureAlgorithm): boolean {
  const normal = (name: unknown): unknown => (name === "Ed25519" ? "EdDSA" : name);
  if (jwk["alg"] !== undefined && normal(jwk["alg"]) !== normal(algorithm)) return false;
  const curve = curves[algorithm];
  if (curve === undefined) return jwk["kty"] === "RSA";
  return jwk["kty"] === (curve === "Ed25519" ? "OKP" : "EC") && jwk["crv"] === curve;
}

async function importPublicKey(jwk: JsonObject, algorithm: SignatureAlgorithm): Promise<webcrypto.CryptoKey | undefined> {
  const member = (name: string): Record<string, string> => {
    const value = jwk[name];
    return typeof value === "string" ? { [name]: value } : {};
  };
  const { kty } = jwk;
  if (typeof kty !== "string") return undefined;
  try {
    // Public members only: an issuer that publishes a private key by mistake does not make us hold one.
    const key = await importJWK({ kty, ...member("n"), ...member("e"), ...member("crv"), ...member("x"), ...member("y") }, algorithm);
    return key instanceof Uint8Array ? undefined : key;
  } catch {
    // One odd key does not spoil the set.
    return undefined;
  }
}

/**
 * The key that a JWS header names (RFC 7515 §4.1.4): of its `kid`, fit for its `alg`, meant for signatures. A header without
 * `kid` is taken only when exactly one key fits. `undefined` when there is none, or the algorithm is not one that is taken.
 */
export async function findVerificationKey(keys: readonly JsonObject[], header: JsonObject): Promise<webcrypto.CryptoKey | undefined> {
  const algorithm = findSignatureAlgorithm(header);
  if (algorithm === undefined) return undefined;
  const kid = header["kid"];
  const fitting = keys.filter((jwk) => isForVerifying(jwk) && isOfAlgorithm(jwk, algorithm) && (kid === undefined || jwk["kid"] === kid));
  const imported = (await Promise.all(fitting.map((jwk) => importPublicKey(jwk, algorithm)))).filter((key) => key !== undefined);
  return kid === undefined && imported.length > 1 ? undefined : imported[0];
}
