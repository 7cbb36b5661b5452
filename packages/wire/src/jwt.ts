import { CredentialError } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** The two readable parts of a JWT. Nothing in them is verified. */
export interface DecodedJwt {
  readonly header: JsonObject;
  readonly unverifiedClaims: JsonObject;
}

// Above any token seen in the field (Entra with 200 groups stays under 20 KiB), below what hurts to parse.
const maxJwtLength = 1024 * 1024;
const base64UrlText = /^[A-Za-z0-9_-]+$/;

function invalid(what: string): CredentialError {
  return new CredentialError("RESPONSE_INVALID", `token is not a readable JWT: ${what}`);
}

function decodePart(part: string, name: string): JsonObject {
  if (!base64UrlText.test(part)) throw invalid(`its ${name} is not base64url`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(part, "base64url"));
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // The reason would quote the token.
  }
  throw invalid(`its ${name} is not a JSON object`);
}

/**
 * The header and claims of a JWS in compact form (RFC 7515 §3.1), without any trust.
 * Throws `RESPONSE_INVALID`; the message says when the token is encrypted (JWE) and never quotes it.
 */
export function decodeJwt(token: string): DecodedJwt {
  if (token.length > maxJwtLength) throw invalid(`it is longer than ${maxJwtLength} characters`);
  const parts = token.split(".");
  if (parts.length === 5) throw invalid("it is encrypted (JWE)");
  const [header, claims] = parts;
  if (parts.length !== 3 || header === undefined || claims === undefined) {
    throw invalid(`it has ${parts.length} parts instead of 3`);
  }
  return { header: decodePart(header, "header"), unverifiedClaims: decodePart(claims, "claim set") };
}
