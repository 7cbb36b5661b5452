import { exportJWK, exportPKCS8, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** A key that signs tokens. */
export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: "ES256" | "RS256";
  readonly privateKeyPem: string;
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
  sign(claims: JWTPayload): Promise<string>;
}

/** A new key. */
export async function createSigningKey(algorithm: "ES256" | "RS256", keyId: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const about = { kid: keyId, alg: algorithm, use: "sig" };
  return {
    keyId,
    algorithm,
    privateKeyPem: await exportPKCS8(privateKey),
    privateJwk: { ...(await exportJWK(privateKey)), ...about },
    publicJwk: { ...(await exportJWK(publicKey)), ...about },
    sign: async (claims) => await new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: keyId, typ: "JWT" }).sign(privateKey),
  };
}
