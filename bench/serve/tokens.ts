import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** The algorithms that issuers use most. */
export type Algorithm = "RS256" | "ES256";

/** A key that signs many tokens quickly. */
export interface TokenKey {
  readonly algorithm: Algorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** A new key: RSA 2048, or P-256. */
export function createTokenKey(algorithm: Algorithm): TokenKey {
  const pair =
    algorithm === "RS256" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid: algorithm, alg: algorithm, use: "sig" };
  const privateKey = createPrivateKey(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  return { algorithm, privateKey, publicKey: pair.publicKey, jwk };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What is signed, and how: for the bare cost of a signature as well. */
export function signText(key: TokenKey, text: string): Buffer {
  return sign("sha256", Buffer.from(text), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
}

/** The token of one of many people in ten groups, good for a day. */
export function createToken(key: TokenKey, issuer: string, person: number): string {
  const now = Math.floor(Date.now() / 1000);
  const groups = Array.from({ length: 10 }, (_, index) => `team-${index}@example.com`);
  const about = { iss: issuer, aud: "bench", sub: `person-${person}`, email: `person-${person}@example.com`, email_verified: true };
  const claims = { ...about, groups, iat: now, nbf: now - 3600, exp: now + 86_400, jti: `token-${person}` };
  const text = `${encode({ alg: key.algorithm, kid: key.algorithm, typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${signText(key, text).toString("base64url")}`;
}
