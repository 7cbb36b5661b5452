import { createHash, createPublicKey, randomBytes } from "node:crypto";
import { EncryptJWT, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { createSigningKey, type SigningKey } from "../issuer/signing-keys.ts";

/** The ways in which an ID token can be wrong. */
export const idTokenFaults = [
  "missing",
  "not a JWT",
  "truncated",
  "encrypted",
  "not signed",
  "algorithm none",
  "HS256 with the public key",
  "unknown key",
  "signed by another key",
  "algorithm of another key",
  "critical header",
  "wrong issuer",
  "wrong audience",
  "two audiences without azp",
  "wrong azp",
  "wrong nonce",
  "no nonce",
  "no subject",
  "no expiry",
  "expired",
  "issued in the future",
  "not yet valid",
  "wrong at_hash",
] as const;

/** One of {@link idTokenFaults}. */
export type IdTokenFault = (typeof idTokenFaults)[number];

/** Claims that make an ID token larger than 64 KiB. */
export const hugeClaims: Readonly<Record<string, unknown>> = { padding: "x".repeat(64 * 1024) };

/** What an ID token is made of. */
export interface IdTokenParts {
  readonly key: SigningKey;
  /** As they should be. */
  readonly claims: JWTPayload;
}

type Minter = (parts: IdTokenParts) => Promise<string>;

const hourSeconds = 3600;
const signed: Minter = async ({ key, claims }) => await key.sign(claims);

function changed(change: (claims: JWTPayload) => JWTPayload): Minter {
  return async ({ key, claims }) => await key.sign(change(claims));
}

function without(name: string): Minter {
  return changed((claims) => Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name)));
}

function replaceHeader(token: string, header: Readonly<Record<string, unknown>>): string {
  return [Buffer.from(JSON.stringify(header)).toString("base64url"), ...token.split(".").slice(1)].join(".");
}

const encrypted: Minter = async ({ claims }) => {
  const { publicKey } = await generateKeyPair("ECDH-ES");
  return await new EncryptJWT(claims).setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM" }).encrypt(publicKey);
};

// The trap of RFC 8725 §3.1: the public key that everybody has, taken for a shared secret.
const hmacWithPublicKey: Minter = async ({ key, claims }) => {
  const pem = createPublicKey({ key: { ...key.publicJwk }, format: "jwk" }).export({ type: "spki", format: "pem" });
  return await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: key.keyId }).sign(Buffer.from(pem));
};

const minters: Readonly<Record<Exclude<IdTokenFault, "missing">, Minter>> = {
  "not a JWT": async () => randomBytes(40).toString("base64url"),
  truncated: async (parts) => (await signed(parts)).slice(0, -20),
  encrypted,
  "not signed": async (parts) => (await signed(parts)).replace(/[^.]*$/, ""),
  "algorithm none": async ({ claims }) => new UnsecuredJWT(claims).encode(),
  "HS256 with the public key": hmacWithPublicKey,
  "unknown key": async ({ claims }) => await (await createSigningKey("ES256", "nobody-knows")).sign(claims),
  "signed by another key": async ({ key, claims }) => await (await createSigningKey("ES256", key.keyId)).sign(claims),
  "algorithm of another key": async ({ key, claims }) => await (await createSigningKey("RS256", key.keyId)).sign(claims),
  "critical header": async (parts) =>
    replaceHeader(await signed(parts), { alg: "ES256", kid: parts.key.keyId, crit: ["acme"], acme: true }),
  "wrong issuer": changed((claims) => ({ ...claims, iss: "https://impostor.example" })),
  "wrong audience": changed((claims) => ({ ...claims, aud: "somebody-else" })),
  "two audiences without azp": changed((claims) => ({ ...claims, aud: [String(claims.aud), "somebody-else"] })),
  "wrong azp": changed((claims) => ({ ...claims, azp: "somebody-else" })),
  "wrong nonce": changed((claims) => ({ ...claims, nonce: "another-nonce" })),
  "no nonce": without("nonce"),
  "no subject": without("sub"),
  "no expiry": without("exp"),
  expired: changed((claims) => ({ ...claims, iat: (claims.iat ?? 0) - 2 * hourSeconds, exp: (claims.iat ?? 0) - hourSeconds })),
  "issued in the future": changed((claims) => ({ ...claims, iat: (claims.iat ?? 0) + hourSeconds, exp: (claims.exp ?? 0) + hourSeconds })),
  "not yet valid": changed((claims) => ({ ...claims, nbf: (claims.iat ?? 0) + hourSeconds })),
  "wrong at_hash": changed((claims) => ({
    ...claims,
    at_hash: createHash("sha256").update("other").digest().subarray(0, 16).toString("base64url"),
  })),
};

/** An ID token, with a fault when one is named; `undefined` for the fault `missing`. */
export async function mintIdToken(parts: IdTokenParts, fault?: IdTokenFault): Promise<string | undefined> {
  if (fault === "missing") return undefined;
  return await (fault === undefined ? signed : minters[fault])(parts);
}
