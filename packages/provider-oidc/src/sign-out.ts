import { formatEndSessionUrl, type IssuerConnection, type RevocableToken, revokeToken } from "@kubepass/oauth";
import type { SignInContext, SignOutItem, StoredSignIn } from "@kubepass/plugin-sdk";
import { isCredentialError, type Secret, toCredentialError } from "@kubepass/wire";
import type { OidcOptions } from "./oidc-options.ts";
import { type OidcSession, parseOidcSession } from "./session-secret.ts";

/** A token that can perhaps be ended at the issuer. */
interface EndableToken {
  readonly what: string;
  readonly kind: RevocableToken;
  readonly token: Secret;
  readonly validUntil: Date | undefined;
}

/** How to reach the issuer, or why it cannot be reached. */
type Reached = { readonly connection: IssuerConnection } | { readonly reason: string };

async function reach(connect: () => Promise<IssuerConnection>, signal: AbortSignal): Promise<Reached> {
  try {
    return { connection: await connect() };
  } catch (error) {
    signal.throwIfAborted();
    return { reason: toCredentialError(error).message };
  }
}

async function endToken({ what, kind, token, validUntil }: EndableToken, reached: Reached, signal: AbortSignal): Promise<SignOutItem> {
  if ("reason" in reached) return { what, outcome: "still-valid", validUntil, reason: reached.reason };
  try {
    const revocation = await revokeToken(reached.connection, token, kind, signal);
    return revocation.outcome === "still-valid" ? { what, validUntil, ...revocation } : { what, outcome: revocation.outcome };
  } catch (error) {
    signal.throwIfAborted();
    return { what, outcome: "still-valid", validUntil, reason: toCredentialError(error).message };
  }
}

async function openEndSessionPage(url: Secret, context: SignInContext): Promise<boolean> {
  if (!context.canAskPerson) return false;
  try {
    const person = await context.requestPerson();
    return person.canOpenBrowser && (await person.open(url.reveal()));
  } catch (error) {
    if (isCredentialError(error, "LOGIN_REQUIRED")) return false;
    throw error;
  }
}

/** The sign-in in the browser, with which the issuer would let the next person at this machine in without a password. */
async function endBrowserSession(
  connection: IssuerConnection,
  session: OidcSession,
  context: SignInContext,
): Promise<readonly SignOutItem[]> {
  const url = formatEndSessionUrl(connection, session.idToken?.token);
  const urlWithoutHint = formatEndSessionUrl(connection, undefined);
  if (url === undefined || urlWithoutHint === undefined) return [];
  const what = "sign-in in the browser";
  if (await openEndSessionPage(url, context)) return [{ what, outcome: "page-opened" }];
  // Without the ID token, which would end up in the terminal's scrollback.
  return [{ what, outcome: "still-valid", reason: `no browser was opened; visit ${urlWithoutHint.reveal()}` }];
}

function findSession(options: OidcOptions, stored: StoredSignIn): OidcSession | undefined {
  if (stored.session === undefined) return undefined;
  try {
    return parseOidcSession(stored.session.secret, options.issuer);
  } catch (error) {
    if (isCredentialError(error, "SESSION_CORRUPT")) return undefined;
    throw error;
  }
}

function listEndable(options: OidcOptions, stored: StoredSignIn, session: OidcSession | undefined, now: Date): readonly EndableToken[] {
  const tokens: EndableToken[] = [];
  // The refresh token first: with it alone, new access tokens could be had (RFC 7009 §2.1).
  if (session !== undefined) {
    tokens.push({ what: "refresh token", kind: "refresh_token", token: session.refreshToken, validUntil: stored.session?.expiresAt });
  }
  const { token, expiresAt } = stored.credential ?? {};
  if (token !== undefined && options.tokenKind === "access" && !(expiresAt !== undefined && expiresAt <= now)) {
    tokens.push({ what: "access token", kind: "access_token", token, validUntil: expiresAt });
  }
  return tokens;
}

function listUnendable(options: OidcOptions, stored: StoredSignIn, session: OidcSession | undefined, now: Date): readonly SignOutItem[] {
  const items: SignOutItem[] = [];
  if (stored.session !== undefined && session === undefined) {
    items.push({ what: "refresh token", outcome: "still-valid", reason: "the stored session cannot be read back" });
  }
  const { token, expiresAt } = stored.credential ?? {};
  if (token !== undefined && options.tokenKind === "id" && (expiresAt === undefined || expiresAt > now)) {
    items.push({ what: "ID token", outcome: "still-valid", validUntil: expiresAt, reason: "ID tokens cannot be revoked" });
  }
  return items;
}

/**
 * Ends at the issuer what can be ended (RFC 7009, OpenID Connect RP-Initiated Logout), and goes on when something
 * cannot. Throws only the signal's reason, or a defect.
 */
export async function signOut(
  options: OidcOptions,
  connect: () => Promise<IssuerConnection>,
  stored: StoredSignIn,
  context: SignInContext,
): Promise<readonly SignOutItem[]> {
  const { signal, host } = context;
  const session = findSession(options, stored);
  const now = host.clock.now();
  const unendable = listUnendable(options, stored, session, now);
  const endable = listEndable(options, stored, session, now);
  if (endable.length === 0) return unendable;
  const reached = await reach(connect, signal);
  const items: SignOutItem[] = [];
  for (const token of endable) items.push(await endToken(token, reached, signal));
  items.push(...unendable);
  if (session !== undefined && stored.isOlder !== true && "connection" in reached)
    items.push(...(await endBrowserSession(reached.connection, session, context)));
  return items;
}
