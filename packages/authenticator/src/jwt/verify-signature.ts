import { verify } from "node:crypto";
import { type AlgorithmDetails } from "./algorithms.ts";
import type { CompactToken } from "./compact-token.ts";
import type { VerificationKey } from "./key-set.ts";

/** Whether a key is of the kind and curve that an algorithm needs (RFC 7518 §3.3 to §3.5). */
function isKeyFit(key: VerificationKey, algorithm: AlgorithmDetails): boolean {
  return key.type === algorithm.keyType && (algorithm.curve === undefined || algorithm.curve === key.curve);
}

/** Whether one of the keys made the signature. Synchronous: handing it to another thread costs more than the work. Never throws. */
export function isSignatureOfAny(token: CompactToken, algorithm: AlgorithmDetails, keys: readonly VerificationKey[]): boolean {
  const { hash, padding, saltLength, signatureLength } = algorithm;
  const { signature, signedText } = token;
  if (signatureLength !== undefined && signature.length !== signatureLength) return false;
  const fitting = keys.filter((key) => isKeyFit(key, algorithm));
  if (fitting.length === 0) return false;
  const signed = Buffer.from(signedText, "latin1");
  return fitting.some(({ key }) => {
    try {
      if (padding === undefined) return verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
      return verify(hash, signed, saltLength === undefined ? { key, padding } : { key, padding, saltLength }, signature);
    } catch {
      // What OpenSSL cannot even read is no signature.
      return false;
    }
  });
}
