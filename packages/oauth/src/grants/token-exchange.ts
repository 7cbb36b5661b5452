import { CredentialError, decodeJwt, formatPrintable, isJsonObject, type JsonObject, type JsonValue, Secret } from "@kubepass/wire";
import type { IssuerConnection } from "../connection.ts";
import { judgeOAuthError } from "../judge-oauth-error.ts";
import { formatTokenRequest, sendTokenForm, type TokenRequestExtras } from "./token-request.ts";

/** A token and what kind of token it is, as a URN (RFC 8693 §3). */
export interface TypedToken {
  readonly token: Secret;
  readonly type: string;
}

/** What is handed in, and what is wanted for it (RFC 8693 §2.1). */
export interface ExchangeRequest extends TokenRequestExtras {
  readonly subject: TypedToken;
  readonly actor?: TypedToken | undefined;
  readonly requestedType: string;
}

/** What an exchange brought. */
export interface ExchangedToken {
  readonly token: Secret;
  /** The earlier of what the issuer said and what the token itself says; `undefined` when neither says anything. */
  readonly expiresAt: Date | undefined;
  /** The token's own `sub`, unverified; `undefined` for an opaque token. */
  readonly unverifiedSubject: string | undefined;
}

const tokenType = "urn:ietf:params:oauth:token-type:";
// Where an access token is a JWT, an issuer may call it either (RFC 8693 §3).
const alike: Readonly<Record<string, string>> = {
  [`${tokenType}access_token`]: `${tokenType}jwt`,
  [`${tokenType}jwt`]: `${tokenType}access_token`,
};

function invalid(what: string): CredentialError {
  return new CredentialError("RESPONSE_INVALID", `the token exchange's answer ${what}`);
}

async function parseAnswer(response: Response): Promise<JsonObject> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    // The parser's message would quote the answer.
    throw invalid("is not JSON");
  }
  if (!isJsonObject(body)) throw invalid("is not a JSON object");
  return body;
}

function findUnverifiedClaims(token: Secret): JsonObject | undefined {
  try {
    return decodeJwt(token.reveal()).unverifiedClaims;
  } catch {
    return undefined;
  }
}

function checkAudience(claims: JsonObject, audience: string): void {
  const found = claims["aud"];
  if (found === audience || (Array.isArray(found) && found.includes(audience))) return;
  throw new CredentialError("TOKEN_INVALID", `the exchanged token is not for audience ${audience}`, {
    hint: "check at the issuer which audiences this client may ask for",
  });
}

function checkIssuedType(issuedType: JsonValue | undefined, requestedType: string): void {
  if (issuedType === undefined || issuedType === requestedType || issuedType === alike[requestedType]) return;
  const found = typeof issuedType === "string" ? formatPrintable(issuedType) : "none";
  throw invalid(`has a token of type ${found} instead of ${requestedType}`);
}

// Whoever ends the token first, the issuer's word or the token's own, ends it.
function findEnd(lifetimeSeconds: JsonValue | undefined, end: JsonValue | undefined, now: Date): Date | undefined {
  const ends: number[] = [];
  if (typeof lifetimeSeconds === "number" && lifetimeSeconds > 0) ends.push(now.getTime() + lifetimeSeconds * 1000);
  if (typeof end === "number") ends.push(end * 1000);
  if (ends.length === 0) return undefined;
  const expiresAt = new Date(Math.min(...ends));
  if (expiresAt > now) return expiresAt;
  throw new CredentialError("TOKEN_TIME_INVALID", "the exchanged token has already ended", { hint: "check this machine's clock" });
}

/**
 * The answer of a token endpoint to an exchange (RFC 8693 §2.2.1), judged. The token is for its audience to verify, so
 * its signature is not checked here; a readable token that is for another audience is refused all the same.
 * Throws `RESPONSE_INVALID`, `TOKEN_INVALID` or `TOKEN_TIME_INVALID`.
 */
export function judgeExchange(body: JsonObject, request: Pick<ExchangeRequest, "requestedType" | "audience">, now: Date): ExchangedToken {
  const text = body["access_token"];
  if (typeof text !== "string" || text === "") throw invalid("has no access_token");
  checkIssuedType(body["issued_token_type"], request.requestedType);
  const token = new Secret(text);
  const claims = findUnverifiedClaims(token);
  if (claims !== undefined && request.audience !== undefined) checkAudience(claims, request.audience);
  const subject = claims?.["sub"];
  return {
    token,
    expiresAt: findEnd(body["expires_in"], claims?.["exp"], now),
    unverifiedSubject: typeof subject === "string" ? subject : undefined,
  };
}

/**
 * Exchanges one token for another (RFC 8693), for example for the audience of one cluster.
 * Throws what {@link judgeExchange} throws, `ISSUER_REFUSED`, and `ISSUER_UNREACHABLE`.
 */
export async function exchangeToken(connection: IssuerConnection, request: ExchangeRequest, signal: AbortSignal): Promise<ExchangedToken> {
  const form = formatTokenRequest(request, {
    subject_token: request.subject.token.reveal(),
    subject_token_type: request.subject.type,
    actor_token: request.actor?.token.reveal(),
    actor_token_type: request.actor?.type,
    requested_token_type: request.requestedType,
  });
  const response = await sendTokenForm(connection, "urn:ietf:params:oauth:grant-type:token-exchange", form, signal);
  if (response.status !== 200) throw await judgeOAuthError(response);
  return judgeExchange(await parseAnswer(response), request, connection.clock.now());
}
