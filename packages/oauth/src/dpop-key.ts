import type { webcrypto } from "node:crypto";
import { CredentialError, type JsonObject } from "@kubepass/wire";
import { importJWK } from "jose";
import * as oauth from "oauth4webapi";

/** The one algorithm of our DPoP keys: every issuer that offers DPoP takes it. */
export const dpopAlgorithm = "ES256";

/** A new private JWK for {@link IssuerOptions.dpopKey}. Keep it as the secret that it is, with the refresh token that it binds. */
export async function generateDpopKey(): Promise<JsonObject> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { crv, x, y, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { kty: "EC", crv, x, y, d, alg: dpopAlgorithm };
}

function corrupt(): CredentialError {
  return new CredentialError("SESSION_CORRUPT", "the DPoP key of the session is not a private P-256 key", { hint: "sign in again" });
}

async function importKey(jwk: JsonObject, isExtractable: boolean): Promise<webcrypto.CryptoKey> {
  try {
    const key = await importJWK(jwk, dpopAlgorithm, { extractable: isExtractable });
    if (!(key instanceof Uint8Array)) return key;
  } catch {
    // The reason may quote the key.
  }
  throw corrupt();
}

/** The proofs of possession of a key (RFC 9449), with the nonces that servers hand out. Throws `SESSION_CORRUPT`. */
export async function createDpop(jwk: JsonObject, client: oauth.Client): Promise<oauth.DPoPHandle> {
  const { kty, crv, x, y, d } = jwk;
  if (kty !== "EC" || crv !== "P-256" || typeof d !== "string") throw corrupt();
  const [privateKey, publicKey] = await Promise.all([importKey({ kty, crv, x, y, d }, false), importKey({ kty, crv, x, y }, true)]);
  return oauth.DPoP(client, { privateKey, publicKey });
}
