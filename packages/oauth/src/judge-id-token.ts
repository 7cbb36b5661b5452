import { createHash, timingSafeEqual } from "node:crypto";
import { CredentialError, formatPrintable, type JsonObject, type JsonValue, type Secret } from "@kubepass/wire";
import type { SignatureAlgorithm } from "./key-set.ts";

/** What an ID token must say. */
export interface ExpectedIdToken {
  readonly issuer: string;
  readonly clientId: string;
  /** That of the authorization request; not checked when absent. */
  readonly nonce?: string | undefined;
  /** Checked against `at_hash` when the token has one. */
  readonly accessToken?: Secret | undefined;
  /** How long ago the person may have signed in, when that was asked for. */
  readonly maxAgeSeconds?: number | undefined;
}

/** The claims that were checked and are used. */
export interface JudgedIdToken {
  readonly subject: string;
  readonly expiresAt: Date;
}

const toleranceSeconds = 60;
// The last instant that a Date can hold.
const maxInstantSeconds = 8.64e12;

function refuse(what: string, hint?: string): CredentialError {
  return new CredentialError("TOKEN_INVALID", `the ID token ${what}`, { hint });
}

function isSameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function describeText(value: JsonValue | undefined): string {
  return typeof value === "string" ? formatPrintable(value, 200) : "nobody";
}

function judgeParties(claims: JsonObject, expected: ExpectedIdToken): void {
  if (claims["iss"] !== expected.issuer) {
    throw refuse(
      `is from issuer ${describeText(claims["iss"])}, not from ${expected.issuer}`,
      "set the issuer URL to the issuer's own name for itself, byte for byte",
    );
  }
  const audience = claims["aud"];
  const audiences: readonly JsonValue[] = Array.isArray(audience) ? audience : [audience ?? null];
  if (!audiences.includes(expected.clientId)) {
    const named = audiences.map((item) => describeText(item)).join(", ");
    throw refuse(`is for ${formatPrintable(named)}, not for client ${expected.clientId}`, "check the client id");
  }
  const authorized = claims["azp"];
  if ((authorized !== undefined || audiences.length > 1) && authorized !== expected.clientId) {
    throw refuse(`was issued to ${describeText(authorized)} (azp), not to client ${expected.clientId}`, "check the client id");
  }
}

function findSeconds(claims: JsonObject, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && value > 0 && value <= maxInstantSeconds) return value;
  throw refuse(`has a ${name} that is not a time`);
}

function getSeconds(claims: JsonObject, name: string): number {
  const value = findSeconds(claims, name);
  if (value === undefined) throw refuse(`has no ${name}`);
  return value;
}

function formatSpan(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`;
}

function createTimeError(what: string, issuedAt: number, now: number): CredentialError {
  const direction = issuedAt > now ? "behind" : "ahead of";
  return new CredentialError(
    "TOKEN_TIME_INVALID",
    `the ID token ${what}; it was issued at ${new Date(issuedAt * 1000).toISOString()}, so this machine's clock may be ${formatSpan(now - issuedAt)} ${direction} the issuer's`,
    {
      hint: "check this machine's clock and time zone",
    },
  );
}

function judgeTimes(claims: JsonObject, now: number): number {
  const [expiresAt, issuedAt, notBefore] = [getSeconds(claims, "exp"), getSeconds(claims, "iat"), findSeconds(claims, "nbf")];
  if (issuedAt - toleranceSeconds > now) throw createTimeError(`is from the future by ${formatSpan(issuedAt - now)}`, issuedAt, now);
  if (notBefore !== undefined && notBefore - toleranceSeconds > now)
    throw createTimeError(`is not valid for another ${formatSpan(notBefore - now)}`, notBefore, now);
  if (expiresAt + toleranceSeconds <= now) throw createTimeError(`expired ${formatSpan(now - expiresAt)} ago`, issuedAt, now);
  return expiresAt;
}

function judgeNonce(claims: JsonObject, expected: ExpectedIdToken): void {
  if (expected.nonce === undefined) return;
  const nonce = claims["nonce"];
  if (typeof nonce !== "string" || !isSameText(nonce, expected.nonce))
    throw refuse("does not belong to this sign-in (nonce)", "start the sign-in again");
}

function judgeSignInTime(claims: JsonObject, expected: ExpectedIdToken, now: number): void {
  if (expected.maxAgeSeconds === undefined) return;
  const signedInAt = getSeconds(claims, "auth_time");
  if (signedInAt + expected.maxAgeSeconds + toleranceSeconds < now) {
    throw refuse(`rests on a sign-in of ${formatSpan(now - signedInAt)} ago, which is longer than was asked for`, "sign in again");
  }
}

function hashNameOf(algorithm: SignatureAlgorithm): string {
  // Ed25519 hashes with SHA-512 inside, and at_hash follows that.
  return algorithm === "EdDSA" || algorithm === "Ed25519" ? "sha512" : `sha${algorithm.slice(2)}`;
}

/** The `at_hash` of an access token (OpenID Connect Core §3.1.3.6). */
export function createAccessTokenHash(accessToken: Secret, algorithm: SignatureAlgorithm): string {
  const digest = createHash(hashNameOf(algorithm)).update(accessToken.reveal(), "ascii").digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
}

function judgeAccessTokenHash(claims: JsonObject, expected: ExpectedIdToken, algorithm: SignatureAlgorithm): void {
  const hash = claims["at_hash"];
  if (hash === undefined || expected.accessToken === undefined) return;
  if (typeof hash !== "string" || !isSameText(hash.replace(/=+$/, ""), createAccessTokenHash(expected.accessToken, algorithm))) {
    throw refuse("was not issued together with the access token beside it (at_hash)");
  }
}

/**
 * Judges the claims of an ID token whose signature was checked (OpenID Connect Core §3.1.3.7; S25). Pure.
 * Throws `TOKEN_INVALID`; `TOKEN_TIME_INVALID` when `exp`, `iat` or `nbf` is off by more than 60 s.
 */
export function judgeIdTokenClaims(claims: JsonObject, algorithm: SignatureAlgorithm, expected: ExpectedIdToken, now: Date): JudgedIdToken {
  const nowSeconds = now.getTime() / 1000;
  judgeParties(claims, expected);
  const expiresAt = judgeTimes(claims, nowSeconds);
  judgeNonce(claims, expected);
  judgeSignInTime(claims, expected, nowSeconds);
  judgeAccessTokenHash(claims, expected, algorithm);
  const subject = claims["sub"];
  if (typeof subject !== "string" || subject === "") throw refuse("names no subject");
  return { subject, expiresAt: new Date(expiresAt * 1000) };
}
