import { CredentialError, formatPrintable, isJsonObject, type JsonObject, Secret } from "@kubepass/wire";
import type { IssuerConnection, TokenSet, VerifiedIdToken } from "./connection.ts";
import { judgeOAuthError } from "./judge-oauth-error.ts";
import { verifyIdToken } from "./verify-id-token.ts";

export { judgeOAuthError } from "./judge-oauth-error.ts";

/** What the answer of a token endpoint must hold. */
export interface ExpectedTokens {
  /** The nonce of the authorization request, when there was one. */
  readonly nonce?: string | undefined;
  readonly idToken: "required" | "optional";
  /** The subject of the stored session on a refresh (OpenID Connect Core §12.2), or the one that the identity is bound to. */
  readonly subject?: string | undefined;
  /** How long ago the person may have signed in, when that was asked for. */
  readonly maxAgeSeconds?: number | undefined;
  /**
   * Told of a new refresh token before anything is verified: the issuer may have ended the old one, and a key that cannot be
   * fetched just now must not cost the session.
   */
  readonly keepRefreshToken?: ((refreshToken: TimedToken) => Promise<void>) | undefined;
}

/** A token with its end, where the issuer told one. */
export interface TimedToken {
  readonly token: Secret;
  readonly expiresAt?: Date | undefined;
}

/** The members of a successful answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3), nothing verified. */
export interface TokenAnswer {
  readonly idToken?: Secret | undefined;
  readonly accessToken?: TimedToken | undefined;
  readonly refreshToken?: TimedToken | undefined;
  readonly scope?: string | undefined;
}

// "N_A" is what RFC 8693 §2.2.1 says for a token that is no access token.
const tokenTypes: ReadonlySet<string> = new Set(["bearer", "dpop", "n_a"]);
// Longer lives are typing errors, and would leave the range of a Date.
const maxLifetimeSeconds = 100 * 366 * 86_400;

function refuse(what: string, hint?: string): CredentialError {
  return new CredentialError("RESPONSE_INVALID", `the token endpoint's answer ${what}`, { hint });
}

function findText(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw refuse(`has a ${name} that is not a string`);
  return value;
}

function findExpiry(body: JsonObject, name: string, now: Date): Date | undefined {
  const value = body[name];
  const isNumeric = typeof value === "number" || (typeof value === "string" && /^\d+(?:\.\d+)?$/.test(value));
  const seconds = isNumeric ? Number(value) : 0;
  // 0 means "never" to some issuers and "now" to others; neither is a time to rely on.
  if (!(seconds > 0 && seconds <= maxLifetimeSeconds)) return undefined;
  return new Date(now.getTime() + seconds * 1000);
}

function findTimedToken(body: JsonObject, name: string, expiryName: string, now: Date): TimedToken | undefined {
  const text = findText(body, name);
  return text === undefined ? undefined : { token: new Secret(text), expiresAt: findExpiry(body, expiryName, now) };
}

/** Reads the body of a successful answer. Throws `RESPONSE_INVALID`, which never quotes the body. */
export function parseTokenAnswer(text: string, now: Date): TokenAnswer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const what = /^\s*</.test(text) ? "is a web page" : "is not JSON";
    throw refuse(what, "check the token endpoint, and whether a proxy or login page stands in between");
  }
  if (!isJsonObject(body)) throw refuse("is not a JSON object");
  const idToken = findText(body, "id_token");
  const accessToken = findTimedToken(body, "access_token", "expires_in", now);
  const type = findText(body, "token_type");
  if (accessToken !== undefined && (type === undefined || !tokenTypes.has(type.toLowerCase()))) {
    throw refuse(type === undefined ? "has no token_type" : `has the unknown token_type ${formatPrintable(type, 40)}`);
  }
  return {
    idToken: idToken === undefined ? undefined : new Secret(idToken),
    accessToken,
    refreshToken: findTimedToken(
      body,
      "refresh_token",
      body["refresh_expires_in"] === undefined ? "refresh_token_expires_in" : "refresh_expires_in",
      now,
    ),
    scope: findText(body, "scope"),
  };
}

/** Judges that an ID token is of the person whose session or identity it is (S26, F6). Throws `IDENTITY_CHANGED`. */
export function judgeSubject(idToken: VerifiedIdToken | undefined, subject: string | undefined): void {
  if (idToken === undefined || subject === undefined || idToken.subject === subject) return;
  throw new CredentialError(
    "IDENTITY_CHANGED",
    `the issuer answered for subject ${formatPrintable(idToken.subject, 100)}, not for ${formatPrintable(subject, 100)}`,
    {
      hint: "sign in with the login command to change to the new subject, or give each account a name of its own to keep both",
    },
  );
}

/**
 * The tokens of a token endpoint's raw answer, after all checks: an ID token is always verified, whether it was required or not.
 * Throws what {@link judgeOAuthError} gives for an answer other than success, `RESPONSE_INVALID` for a malformed one or one
 * without a required ID token, `IDENTITY_CHANGED`, and what {@link verifyIdToken} throws.
 */
export async function receiveTokens(
  connection: IssuerConnection,
  response: Response,
  expected: ExpectedTokens,
  signal: AbortSignal,
): Promise<TokenSet> {
  if (response.status !== 200) throw await judgeOAuthError(response);
  const answer = parseTokenAnswer(await response.text(), connection.clock.now());
  if (answer.refreshToken !== undefined) await expected.keepRefreshToken?.(answer.refreshToken);
  if (answer.idToken === undefined && expected.idToken === "required") {
    throw refuse("has no id_token", "add the scope openid, allow it for the client at the issuer, or use the access token");
  }
  const judged = {
    issuer: connection.issuer,
    clientId: connection.client.client_id,
    nonce: expected.nonce,
    maxAgeSeconds: expected.maxAgeSeconds,
    accessToken: answer.accessToken?.token,
  };
  const idToken =
    answer.idToken === undefined ? undefined : await verifyIdToken(answer.idToken, judged, connection.keys, connection.clock, signal);
  judgeSubject(idToken, expected.subject);
  return { ...answer, idToken };
}
