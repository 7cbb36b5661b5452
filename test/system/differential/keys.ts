import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A key pair of an issuer. */
export interface SigningKey {
  readonly kid: string;
  readonly kind: "RSA" | "P-256" | "P-384" | "P-521";
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

function createKey(kid: string, kind: SigningKey["kind"]): SigningKey {
  const pair = kind === "RSA" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: kind });
  return { kid, kind, privateKey: pair.privateKey, jwk: { ...pair.publicKey.export({ format: "jwk" }), kid } };
}

/** One of each kind, and a second RSA and P-256 key. */
export function createKeys(): readonly SigningKey[] {
  const kinds = ["RSA", "P-256", "P-384", "P-521", "RSA", "P-256"] as const;
  return kinds.map((kind, index) => createKey(`key-${index}`, kind));
}

/** The algorithms that a key can sign with. */
export function algorithmsOf(key: SigningKey): readonly string[] {
  const byKind = {
    RSA: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
    "P-256": ["ES256"],
    "P-384": ["ES384"],
    "P-521": ["ES512"],
  };
  return byKind[key.kind];
}

/** Signs text as a JWS of this algorithm. */
export function signText(text: string, key: SigningKey, algorithm: string): string {
  const hash = `sha${algorithm.slice(2)}`;
  const bytes = Buffer.from(text, "latin1");
  const saltLength = Number(algorithm.slice(2)) / 8;
  if (algorithm.startsWith("PS")) return sign(hash, bytes, { key: key.privateKey, padding: 6, saltLength }).toString("base64url");
  return sign(hash, bytes, { key: key.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
}
