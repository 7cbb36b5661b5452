import { createPrivateKey, type webcrypto } from "node:crypto";
import { CredentialError, isJsonObject, type JsonObject, type Secret } from "@kubepass/wire";
import { importJWK } from "jose";

/** A private key for signing, and the name it brought along. */
export interface ImportedPrivateKey {
  readonly key: webcrypto.CryptoKey;
  readonly keyId?: string | undefined;
}

const curveAlgorithms: Readonly<Record<string, string>> = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512", Ed25519: "EdDSA" };
const rsaAlgorithms = ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"];

function unreadable(what: string, hint?: string): CredentialError {
  return new CredentialError("FILE_UNREADABLE", `the private key ${what}`, {
    hint: hint ?? "give an RSA, EC or Ed25519 key as unencrypted PEM or as JWK",
  });
}

function parseJwk(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The reason would quote the key.
  }
  if (!isJsonObject(value)) throw unreadable("is not a JSON object");
  return value;
}

function parsePem(text: string): JsonObject {
  if (/ENCRYPTED/.test(text))
    throw unreadable("is encrypted", "decrypt it into a file that only you can read: openssl pkey -in KEY -out PLAIN");
  let jwk: unknown;
  try {
    jwk = createPrivateKey(text).export({ format: "jwk" });
  } catch {
    // The reason may quote the key.
  }
  if (!isJsonObject(jwk)) throw unreadable("is neither readable PEM nor a JWK");
  return jwk;
}

/** The algorithm to sign with: that of the JWK, else by the kind of key and what the issuer takes. `undefined` for other kinds of key. */
function selectSigningAlgorithm(jwk: JsonObject, supported: readonly string[] | undefined): string | undefined {
  if (typeof jwk["alg"] === "string") return jwk["alg"];
  if (jwk["kty"] === "RSA") return rsaAlgorithms.find((name) => supported?.includes(name) ?? true) ?? rsaAlgorithms[0];
  return typeof jwk["crv"] === "string" ? curveAlgorithms[jwk["crv"]] : undefined;
}

/**
 * A private key from PEM (PKCS#8, SEC1, PKCS#1) or JWK text. `supported` are the algorithms that the issuer advertises.
 * Throws `FILE_UNREADABLE`, which never quotes the key.
 */
export async function importPrivateKey(text: Secret, supported: readonly string[] | undefined): Promise<ImportedPrivateKey> {
  const source = text.reveal().trim();
  const jwk = source.startsWith("{") ? parseJwk(source) : parsePem(source);
  const algorithm = selectSigningAlgorithm(jwk, supported);
  if (algorithm === undefined || typeof jwk["d"] !== "string") throw unreadable("is of a kind that cannot sign");
  try {
    const key = await importJWK(jwk, algorithm);
    if (!(key instanceof Uint8Array)) return { key, keyId: typeof jwk["kid"] === "string" ? jwk["kid"] : undefined };
  } catch {
    // The reason may quote the key.
  }
  throw unreadable(`cannot be used with ${algorithm}`);
}
