import type { webcrypto } from "node:crypto";
import type { Clock } from "@kubepass/plugin-sdk";
import {
  CredentialError,
  decodeJwt,
  type DecodedJwt,
  formatPrintable,
  isCredentialError,
  type JsonObject,
  type Secret,
} from "@kubepass/wire";
import { compactVerify } from "jose";
import type { KeySource, VerifiedIdToken } from "./connection.ts";
import { type ExpectedIdToken, judgeIdTokenClaims } from "./judge-id-token.ts";
import { findSignatureAlgorithm, type SignatureAlgorithm } from "./key-set.ts";

// Explicit types of other tokens (RFC 9068, Back-Channel Logout, RFC 9449): never to be taken for an ID token (RFC 8725 §3.11).
const foreignTypes: ReadonlySet<string> = new Set(["at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt"]);

function refuse(what: string, hint?: string): CredentialError {
  return new CredentialError("TOKEN_INVALID", `the ID token ${what}`, { hint });
}

function decodeIdToken(token: Secret): DecodedJwt {
  try {
    return decodeJwt(token.reveal());
  } catch (error) {
    if (!isCredentialError(error)) throw error;
    if (error.message.includes("encrypted"))
      throw refuse("is encrypted, which is not supported", "turn off ID token encryption for this client at the issuer");
    throw refuse(`cannot be read: ${error.message}`, "the answer may be cut short: try again");
  }
}

/**
 * Judges the header of a JWS: the algorithm that it must be verified with. Pure.
 * Throws `TOKEN_INVALID` for an algorithm that is not taken (S25), critical extensions (RFC 7515 §4.1.11), or another type of token.
 */
export function judgeTokenHeader(header: JsonObject): SignatureAlgorithm {
  const algorithm = findSignatureAlgorithm(header);
  if (algorithm === undefined) {
    const named = typeof header["alg"] === "string" ? formatPrintable(header["alg"], 40) : "no algorithm";
    throw refuse(`is signed with ${named}, which is not taken`, "have the issuer sign with RS256, PS256, ES256 or EdDSA");
  }
  if (header["crit"] !== undefined) throw refuse("has critical extensions that are not known");
  const type = header["typ"];
  if (typeof type === "string" && foreignTypes.has(type.toLowerCase().replace(/^application\//, "")))
    throw refuse(`is a token of type ${formatPrintable(type, 40)}`);
  return algorithm;
}

async function isSignedBy(token: Secret, algorithm: SignatureAlgorithm, key: webcrypto.CryptoKey | undefined): Promise<boolean> {
  if (key === undefined) return false;
  try {
    await compactVerify(token.reveal(), key, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Verifies an ID token: signature by a published key, then all claims (S25, OpenID Connect Core §3.1.3.7).
 * Throws `TOKEN_INVALID`, `TOKEN_TIME_INVALID`, and what {@link KeySource.find} throws.
 */
export async function verifyIdToken(
  token: Secret,
  expected: ExpectedIdToken,
  keys: KeySource,
  clock: Clock,
  signal: AbortSignal,
): Promise<VerifiedIdToken> {
  const { header, unverifiedClaims } = decodeIdToken(token);
  const algorithm = judgeTokenHeader(header);
  const isSigned = await isSignedBy(token, algorithm, await keys.find(header, signal));
  if (!isSigned && !(await isSignedBy(token, algorithm, await keys.findAgain(header, signal))))
    throw new CredentialError("TOKEN_INVALID", "the ID token's signature does not match the issuer's key");
  const claims = unverifiedClaims;
  return { token, claims, ...judgeIdTokenClaims(claims, algorithm, expected, clock.now()) };
}
