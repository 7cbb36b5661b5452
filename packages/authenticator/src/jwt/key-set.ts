import { createPublicKey, type KeyObject } from "node:crypto";
import { parseKeySet } from "@kubepass/network";
import type { JsonObject, JsonValue } from "@kubepass/wire";

/** A public key of an issuer, ready for verifying. */
export interface VerificationKey {
  /** Empty when it has none. */
  readonly kid: string;
  readonly type: "rsa" | "ec";
  /** OpenSSL's name of the curve; empty for RSA. */
  readonly curve: string;
  readonly key: KeyObject;
}

const minRsaBits = 1024;
// Go holds exponents in 31 bits.
const maxExponent = 2n ** 31n - 1n;
const base64UrlText = /^[A-Za-z0-9_-]+$/;
/** Characters of a coordinate, which has the length of its curve (RFC 7518 §6.2.1.2), by curve. */
const coordinateLengths: ReadonlyMap<unknown, number> = new Map([
  ["P-256", 43],
  ["P-384", 64],
  ["P-521", 88],
]);

function nameOf({ kid }: JsonObject): string {
  return typeof kid === "string" ? kid : "";
}

function findBase64Url(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && base64UrlText.test(value) ? value : undefined;
}

function findRsaKey(jwk: JsonObject): VerificationKey | undefined {
  const [n, e] = [findBase64Url(jwk["n"]), findBase64Url(jwk["e"])];
  if (n === undefined || e === undefined) return undefined;
  const key = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" });
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < minRsaBits || publicExponent > maxExponent) return undefined;
  return { kid: nameOf(jwk), type: "rsa", curve: "", key };
}

function findEcKey(jwk: JsonObject): VerificationKey | undefined {
  const { crv } = jwk;
  const [x, y, length] = [findBase64Url(jwk["x"]), findBase64Url(jwk["y"]), coordinateLengths.get(crv)];
  if (typeof crv !== "string" || x === undefined || y === undefined || x.length !== length || y.length !== length) return undefined;
  const key = createPublicKey({ key: { kty: "EC", crv, x, y }, format: "jwk" });
  return { kid: nameOf(jwk), type: "ec", curve: key.asymmetricKeyDetails?.namedCurve ?? "", key };
}

/** One key; `undefined` for what kube-apiserver does not verify with either: another kind, a malformed or too small one, one that is private. */
function findKey(jwk: JsonObject): VerificationKey | undefined {
  // Whoever reads the set could sign with it.
  if (jwk["d"] !== undefined) return undefined;
  try {
    if (jwk["kty"] === "RSA") return findRsaKey(jwk);
    return jwk["kty"] === "EC" ? findEcKey(jwk) : undefined;
  } catch {
    // One odd key does not spoil the set.
    return undefined;
  }
}

/** The usable keys of a JWK Set (RFC 7517 §5); `undefined` when the text is none. `use` and `alg` are not looked at, as in kube-apiserver. */
export function parseVerificationKeys(text: string): readonly VerificationKey[] | undefined {
  return parseKeySet(text)?.flatMap((jwk) => findKey(jwk) ?? []);
}
