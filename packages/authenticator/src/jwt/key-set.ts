import { createPublicKey, type KeyObject } from "node:crypto";
import { parseKeySet } from "@kubepass/network";
import type { JsonObject } from "@kubepass/wire";

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

function textMembers(jwk: JsonObject, names: readonly string[]): JsonWebKeyMembers {
  return Object.fromEntries(names.flatMap((name) => (typeof jwk[name] === "string" ? [[name, jwk[name]] as const] : [])));
}

type JsonWebKeyMembers = Readonly<Record<string, string>>;

function nameOf({ kid }: JsonObject): string {
  return typeof kid === "string" ? kid : "";
}

/** One key; `undefined` for one of another kind, one that is malformed, or RSA below 1024 bits (which Go refuses as well). */
function findKey(jwk: JsonObject): VerificationKey | undefined {
  const { kty } = jwk;
  if (kty !== "RSA" && kty !== "EC") return undefined;
  try {
    // Public members only: an issuer that publishes a private key by mistake does not make us hold one.
    const members = textMembers(jwk, kty === "RSA" ? ["n", "e"] : ["crv", "x", "y"]);
    const key = createPublicKey({ key: { ...members, kty }, format: "jwk" });
    const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
    if (kty === "EC") return { kid: nameOf(jwk), type: "ec", curve: namedCurve, key };
    return modulusLength < minRsaBits ? undefined : { kid: nameOf(jwk), type: "rsa", curve: "", key };
  } catch {
    // One odd key does not spoil the set.
    return undefined;
  }
}

/** The usable keys of a JWK Set (RFC 7517 §5); `undefined` when the text is none. `use` and `alg` are not looked at, as in kube-apiserver. */
export function parseVerificationKeys(text: string): readonly VerificationKey[] | undefined {
  return parseKeySet(text)?.flatMap((jwk) => findKey(jwk) ?? []);
}
