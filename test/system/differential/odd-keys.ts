import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

type Jwk = Readonly<Record<string, unknown>>;

/** A key that stands beside a good one in an issuer's set, and how tokens are signed with it. */
export interface OddKey {
  readonly name: string;
  /** What the issuer publishes. */
  readonly jwk: unknown;
  readonly privateKey: KeyObject;
  readonly algorithm: string;
}

interface Pair {
  readonly privateKey: KeyObject;
  readonly jwk: Jwk;
}

function createRsa(modulusLength: number, publicExponent = 65_537): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
  return { privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid: "odd" } };
}

function createEc(namedCurve: string): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
  return { privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid: "odd" } };
}

function createEd25519(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid: "odd" } };
}

const change = (text: unknown, edit: (bytes: Buffer) => Buffer): string =>
  edit(Buffer.from(String(text), "base64url")).toString("base64url");

/** Signs as the algorithm says, whether the key fits it or not. */
export function signOddly(text: string, { privateKey, algorithm }: Pick<OddKey, "privateKey" | "algorithm">): string {
  const bytes = Buffer.from(text, "latin1");
  if (privateKey.asymmetricKeyType === "ed25519") return sign(null, bytes, privateKey).toString("base64url");
  const hash = `sha${algorithm.slice(2)}`;
  const padding = algorithm.startsWith("PS") ? { padding: 6, saltLength: 32 } : {};
  return sign(hash, bytes, { key: privateKey, dsaEncoding: "ieee-p1363", ...padding }).toString("base64url");
}

/** Makes keys that are published as a pair's own, but for some members. */
function vary({ jwk, privateKey }: Pair, algorithm: string): (name: string, members: Jwk) => OddKey {
  return (name, members) => ({ name, jwk: { ...jwk, ...members }, privateKey, algorithm });
}

function listRsaKeys(rsa: Pair): readonly OddKey[] {
  const short = createRsa(1023);
  const with2048 = vary(rsa, "RS256");
  const { n } = rsa.jwk;
  return [
    { name: "RSA of 1024 bits", ...createRsa(1024), algorithm: "RS256" },
    { name: "RSA of 1024 bits, PSS", ...createRsa(1024), algorithm: "PS256" },
    { name: "RSA of 1023 bits", ...short, algorithm: "RS256" },
    { name: "RSA of 512 bits", ...createRsa(512), algorithm: "RS256" },
    { name: "RSA with exponent 3", ...createRsa(2048, 3), algorithm: "RS256" },
    { name: "RSA with a large exponent", ...createRsa(2048, 4_294_967_291), algorithm: "RS256" },
    with2048("RSA with exponent 1", { e: "AQ" }),
    with2048("RSA with an even exponent", { e: "AQAA" }),
    with2048("RSA with an exponent that begins with zero", { e: "AAEAAQ" }),
    with2048("RSA with a modulus that begins with zero", { n: change(n, (bytes) => Buffer.concat([Buffer.alloc(1), bytes])) }),
    with2048("RSA with an even modulus", { n: change(n, (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([2])])) }),
    with2048("RSA with padded base64", { n: `${String(n)}==` }),
    with2048("RSA in plain base64", { n: Buffer.from(String(n), "base64url").toString("base64") }),
    with2048("RSA without a modulus", { n: undefined }),
    with2048("RSA with its private half", { ...rsa.privateKey.export({ format: "jwk" }) }),
    with2048("RSA that says another algorithm", { alg: "ES256" }),
    with2048("RSA for encryption", { use: "enc", key_ops: ["encrypt"] }),
    with2048("RSA with a broken certificate", { x5c: ["AAAA"] }),
    with2048("RSA with an empty chain", { x5c: [] }),
    with2048("RSA with a broken thumbprint", { x5t: "AAAA" }),
    with2048("RSA in lower case", { kty: "rsa" }),
  ];
}

function listEcKeys(): readonly OddKey[] {
  const [p256, p384, p521, secp] = [createEc("P-256"), createEc("P-384"), createEc("P-521"), createEc("secp256k1")];
  const with256 = vary(p256, "ES256");
  const { x } = p256.jwk;
  return [
    { name: "P-384 for ES256", ...p384, algorithm: "ES256" },
    { name: "P-521 for ES256", ...p521, algorithm: "ES256" },
    { name: "P-256 for ES384", ...p256, algorithm: "ES384" },
    { name: "P-256 for ES512", ...p256, algorithm: "ES512" },
    { name: "P-384 for ES512", ...p384, algorithm: "ES512" },
    { name: "P-256 for RS256", ...p256, algorithm: "RS256" },
    { name: "secp256k1 for ES256", ...secp, algorithm: "ES256" },
    { name: "secp256k1 that says P-256", ...secp, jwk: { ...secp.jwk, crv: "P-256" }, algorithm: "ES256" },
    { name: "P-384 that says P-256", ...p384, jwk: { ...p384.jwk, crv: "P-256" }, algorithm: "ES256" },
    with256("P-256 without a curve", { crv: undefined }),
    with256("P-256 off the curve", { x: change(x, (bytes) => Buffer.from(bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte)))) }),
    with256("P-256 at zero", { x: Buffer.alloc(32).toString("base64url"), y: Buffer.alloc(32).toString("base64url") }),
    with256("P-256 with a longer coordinate", { x: change(x, (bytes) => Buffer.concat([Buffer.alloc(1), bytes])) }),
    with256("P-256 with a shorter coordinate", { x: change(x, (bytes) => bytes.subarray(1)) }),
    with256("P-256 with padded base64", { x: `${String(x)}=` }),
    with256("P-256 without y", { y: undefined }),
    with256("P-256 with its private half", { ...p256.privateKey.export({ format: "jwk" }) }),
    with256("P-256 without a name", { kid: undefined }),
    with256("P-256 with an empty name", { kid: "" }),
    with256("P-256 with a number for a name", { kid: 7 }),
    with256("P-256 with the good key's name", { kid: "good" }),
    with256("P-256 that says another algorithm", { alg: "RS256" }),
    with256("P-256 that says a number for an algorithm", { alg: 7 }),
    with256("P-256 for encryption", { use: "enc" }),
    with256("P-256 with a number for a kind", { kty: 7 }),
    with256("P-256 without a kind", { kty: undefined }),
  ];
}

/** Keys that an issuer should not publish, or that do not fit what is signed with them. */
export function createOddKeys(): readonly OddKey[] {
  const rsa = createRsa(2048);
  const ed25519 = createEd25519();
  const nothing = { privateKey: rsa.privateKey, algorithm: "RS256" };
  return [
    ...listRsaKeys(rsa),
    ...listEcKeys(),
    { name: "Ed25519", ...ed25519, algorithm: "EdDSA" },
    { name: "Ed25519 for ES256", ...ed25519, algorithm: "ES256" },
    { name: "a shared secret", jwk: { kty: "oct", k: "c2VjcmV0", kid: "odd" }, ...nothing },
    { name: "an unknown kind", jwk: { kty: "LWE", kid: "odd" }, ...nothing },
    { name: "an empty object", jwk: {}, ...nothing },
    { name: "null", jwk: null, ...nothing },
    { name: "a text", jwk: "odd", ...nothing },
  ];
}
