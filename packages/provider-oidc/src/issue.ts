import { type ExchangedToken, type ExchangeRequest, exchangeToken, type IssuerConnection, type TokenSet } from "@kubepass/oauth";
import type { Issued, RefreshOutcome, Session } from "@kubepass/plugin-sdk";
import { type Credential, CredentialError, decodeJwt, isCredentialError, type JsonObject, type Secret } from "@kubepass/wire";
import type { ExchangeAfterSignIn, OidcOptions, TokenKind } from "./oidc-options.ts";
import { formatOidcSession, type OidcSession } from "./session-secret.ts";
import { tokenTypes } from "./token-types.ts";

// An old ID token that ends sooner than this would be asked for again at once.
const reuseMarginMs = 60_000;
const exchangePausesMs = [500, 2_000];

function findJwtEnd(token: Secret): Date | undefined {
  try {
    const end = decodeJwt(token.reveal()).unverifiedClaims["exp"];
    return typeof end === "number" ? new Date(end * 1000) : undefined;
  } catch {
    // An access token may be anything (RFC 6749 §1.4).
    return undefined;
  }
}

function formatAccessCredential(tokens: TokenSet): Credential {
  const { accessToken } = tokens;
  if (accessToken === undefined) throw new CredentialError("RESPONSE_INVALID", "the issuer returned no access token");
  const ends = [accessToken.expiresAt, findJwtEnd(accessToken.token)].filter((end) => end !== undefined);
  return { token: accessToken.token, expiresAt: ends.toSorted((one, other) => one.getTime() - other.getTime())[0] };
}

function formatIdCredential(tokens: TokenSet): Credential {
  if (tokens.idToken === undefined) {
    throw new CredentialError("RESPONSE_INVALID", "the issuer returned no ID token", {
      hint: "the client may not ask for the scope openid, or this grant brings only access tokens: set token-kind=access",
    });
  }
  return { token: tokens.idToken.token, expiresAt: tokens.idToken.expiresAt };
}

/** The token of the wanted kind. An access token ends at the earlier of what the issuer and the token say. Throws `RESPONSE_INVALID`. */
function selectCredential(tokens: TokenSet, kind: TokenKind): Credential {
  return kind === "access" ? formatAccessCredential(tokens) : formatIdCredential(tokens);
}

/** What an exchange brought, as a credential. */
export function formatExchanged(exchanged: ExchangedToken): Credential {
  return { token: exchanged.token, expiresAt: exchanged.expiresAt };
}

/** What turns tokens into what the pipeline stores. */
export interface Issuing {
  readonly options: OidcOptions;
  readonly connection: IssuerConnection;
  readonly dpopKey: JsonObject | undefined;
  readonly signal: AbortSignal;
}

/**
 * An exchange may be repeated at will, and here it should be: the refresh token that led to it has been used up, and
 * the new one is stored only together with a credential (RFC 9700 §4.14.2).
 */
async function exchangePatiently({ connection, signal }: Issuing, request: ExchangeRequest): Promise<ExchangedToken> {
  for (const pauseMs of exchangePausesMs) {
    try {
      return await exchangeToken(connection, request, signal);
    } catch (error) {
      if (!isCredentialError(error, "ISSUER_UNREACHABLE")) throw error;
      connection.log.info("the token exchange is tried again", { pauseMs, reason: error.message });
      await connection.clock.sleep(pauseMs, signal);
    }
  }
  return await exchangeToken(connection, request, signal);
}

/** The session that was refreshed. */
export interface PreviousSession {
  readonly session: Session;
  readonly content: OidcSession;
}

async function exchangeForAudience(issuing: Issuing, tokens: TokenSet, exchange: ExchangeAfterSignIn): Promise<Credential> {
  const { token } = selectCredential(tokens, exchange.subject);
  if (token === undefined) throw new CredentialError("RESPONSE_INVALID", "the issuer returned no token to exchange");
  const subject = { token, type: tokenTypes[exchange.subject] };
  const request = { subject, requestedType: issuing.options.requestedTokenType, audience: exchange.audience };
  return formatExchanged(await exchangePatiently(issuing, request));
}

function isSessionKept(options: OidcOptions): boolean {
  // Whoever sat on an unchecked connection has seen the refresh token too: it is not kept beyond this run.
  return !options.network.isServerCertificateUnchecked;
}

type SessionTokens = Pick<OidcSession, "subject" | "idToken" | "scope"> & { readonly refreshToken: Secret | undefined };

const noTokens: SessionTokens = { refreshToken: undefined, subject: undefined, idToken: undefined, scope: undefined };

// What a refresh does not bring goes on as it was.
function mergeSession(tokens: TokenSet, kept: SessionTokens): SessionTokens {
  const { idToken, refreshToken, scope = kept.scope } = tokens;
  const merged = { ...kept, scope, refreshToken: refreshToken === undefined ? kept.refreshToken : refreshToken.token };
  return idToken === undefined ? merged : { ...merged, idToken, subject: idToken.subject };
}

function formatSession(issuing: Issuing, tokens: TokenSet, previous?: PreviousSession): Session | undefined {
  const { options, connection, dpopKey } = issuing;
  const { refreshToken, subject, idToken, scope } = mergeSession(tokens, previous?.content ?? noTokens);
  if (refreshToken === undefined || !isSessionKept(options)) return undefined;
  const content = { issuer: connection.issuer, grant: options.grant.type, refreshToken, subject, idToken, dpopKey, scope };
  return { secret: formatOidcSession(content), expiresAt: (tokens.refreshToken ?? previous?.session)?.expiresAt };
}

/** The session with a new refresh token and nothing else changed. */
export function replaceRefreshToken(
  issuing: Issuing,
  refreshToken: TokenSet["refreshToken"],
  previous: PreviousSession,
): Session | undefined {
  return formatSession(issuing, { refreshToken }, previous);
}

/** A sign-in's tokens as credential and session; exchanged first where the options say so. Throws `RESPONSE_INVALID` and what `exchangeToken` throws. */
export async function issue(issuing: Issuing, tokens: TokenSet, previous?: PreviousSession): Promise<Issued> {
  const { options, connection } = issuing;
  const exchange = options.exchangeAfterSignIn;
  return {
    credential: exchange === undefined ? selectCredential(tokens, options.tokenKind) : await exchangeForAudience(issuing, tokens, exchange),
    session: formatSession(issuing, tokens, previous),
    issuer: connection.issuer,
    subject: tokens.idToken?.subject ?? previous?.content.subject,
  };
}

/** True when a refresh must bring an ID token, or the old one must still do. */
function needsIdToken(options: OidcOptions): boolean {
  return options.exchangeAfterSignIn === undefined ? options.tokenKind === "id" : options.exchangeAfterSignIn.subject === "id";
}

/**
 * A refresh's tokens as an outcome. Several issuers return no ID token on refresh, which OpenID Connect Core §12.2
 * allows: the last one is used again while it lasts, and after that the person has to sign in.
 */
export async function issueRefreshed(issuing: Issuing, tokens: TokenSet, previous: PreviousSession): Promise<RefreshOutcome> {
  if (tokens.idToken !== undefined || !needsIdToken(issuing.options)) {
    return { kind: "issued", issued: await issue(issuing, tokens, previous) };
  }
  const { idToken: old, subject } = previous.content;
  if (old === undefined || subject === undefined || old.expiresAt.getTime() - issuing.connection.clock.now().getTime() <= reuseMarginMs) {
    return { kind: "refused", reason: "the issuer returned no ID token on refresh, and the last one has ended" };
  }
  issuing.connection.log.info("the issuer returned no ID token on refresh: the last one is used until it ends", { endsAt: old.expiresAt });
  const idToken = { ...old, subject, claims: {} };
  return { kind: "issued", issued: await issue(issuing, { ...tokens, idToken }, previous) };
}
