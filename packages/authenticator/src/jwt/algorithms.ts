import { constants } from "node:crypto";

/** The signature algorithms that kube-apiserver takes from a configuration file (RFC 7518 §3.1). Never `none`, never HMAC. */
export const signatureAlgorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"] as const;

/** One of {@link signatureAlgorithms}. */
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** How node:crypto verifies an algorithm, and which keys fit it. */
export interface AlgorithmDetails {
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly keyType: "rsa" | "ec";
  /** OpenSSL's name. */
  readonly curve?: string;
  /** Length of r and s together, in bytes. */
  readonly signatureLength?: number;
  readonly padding?: number;
  readonly saltLength?: number;
}

const pkcs1 = { keyType: "rsa", padding: constants.RSA_PKCS1_PADDING } as const;
// Any salt length, as Go's verifier takes.
const pss = { keyType: "rsa", padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO } as const;

/** By name. A map, so that `__proto__` and the like in a header name nothing. */
export const algorithmDetails: ReadonlyMap<string, AlgorithmDetails> = new Map<string, AlgorithmDetails>([
  ["RS256", { ...pkcs1, hash: "sha256" }],
  ["RS384", { ...pkcs1, hash: "sha384" }],
  ["RS512", { ...pkcs1, hash: "sha512" }],
  ["PS256", { ...pss, hash: "sha256" }],
  ["PS384", { ...pss, hash: "sha384" }],
  ["PS512", { ...pss, hash: "sha512" }],
  ["ES256", { keyType: "ec", hash: "sha256", curve: "prime256v1", signatureLength: 64 }],
  ["ES384", { keyType: "ec", hash: "sha384", curve: "secp384r1", signatureLength: 96 }],
  ["ES512", { keyType: "ec", hash: "sha512", curve: "secp521r1", signatureLength: 132 }],
]);
