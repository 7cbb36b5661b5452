import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { JsonObject } from "@kubepass/wire";

/** A key pair of an issuer of one test. */
export interface TestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** A new RSA key of 2048 bits, or one on a curve. */
export function createTestKey(kid: string, curve?: "P-256" | "P-384" | "P-521"): TestKey {
  const pair = curve === undefined ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: curve });
  return { kid, privateKey: pair.privateKey, jwk: { ...pair.publicKey.export({ format: "jwk" }), kid } };
}

/** Text or bytes as base64url. */
export function encodePart(text: string | Uint8Array): string {
  return Buffer.from(text).toString("base64url");
}

/** The signature part over `signed`, by a key and an algorithm of RFC 7518 §3.1. */
function signPart(signed: string, key: TestKey, algorithm: string): string {
  const bytes = Buffer.from(signed, "latin1");
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith("HS")) {
    // The attack: the public key, which everybody has, as a shared secret.
    return createHmac(hash, JSON.stringify(key.jwk)).update(bytes).digest("base64url");
  }
  if (algorithm.startsWith("PS")) {
    return sign(hash, bytes, { key: key.privateKey, padding: 6, saltLength: Number(algorithm.slice(2)) / 8 }).toString("base64url");
  }
  return sign(hash, bytes, { key: key.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

/** A JWT of any header and payload, which may be objects or the text itself. */
export function signJwt(header: JsonObject | string, payload: JsonObject | string | Uint8Array, key: TestKey, algorithm = "ES256"): string {
  const head = typeof header === "string" ? header : JSON.stringify(header);
  const body = typeof payload === "string" || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
  const signed = `${encodePart(head)}.${encodePart(body)}`;
  return `${signed}.${signPart(signed, key, algorithm)}`;
}
