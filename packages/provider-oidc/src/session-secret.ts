import { CredentialError, isJsonObject, type JsonObject, Secret } from "@kubepass/wire";
import { grantTypes, type GrantType } from "./oidc-options.ts";

/** What is kept between sign-ins. The refresh token comes with all that is needed to use it once more. */
export interface OidcSession {
  readonly issuer: string;
  readonly grant: GrantType;
  readonly refreshToken: Secret;
  /** Of the verified ID token: whom every later ID token must be for (OpenID Connect Core §12.2). */
  readonly subject: string | undefined;
  /** The last ID token: used again while it is valid when a refresh brings none, and as the hint when signing out. */
  readonly idToken: { readonly token: Secret; readonly expiresAt: Date } | undefined;
  /** The private key, a JWK, that the refresh token is bound to (RFC 9449). */
  readonly dpopKey: JsonObject | undefined;
  readonly scope: string | undefined;
}

const version = 1;

/** The one text that the session store keeps. */
export function formatOidcSession(session: OidcSession): Secret {
  return new Secret(
    JSON.stringify({
      version,
      issuer: session.issuer,
      grant: session.grant,
      refreshToken: session.refreshToken.reveal(),
      subject: session.subject,
      idToken: session.idToken?.token.reveal(),
      idTokenExpiresAt: session.idToken?.expiresAt.toISOString(),
      dpopKey: session.dpopKey,
      scope: session.scope,
    }),
  );
}

function corrupt(what: string): CredentialError {
  return new CredentialError("SESSION_CORRUPT", `the stored session ${what}`, {
    hint: "run kubepass logout for this identity, then sign in again",
  });
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // The parser's message would quote the secret.
  }
  throw corrupt("is not a JSON object");
}

function findText(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw corrupt(`has a member ${name} that is not a text`);
}

function getText(object: JsonObject, name: string): string {
  const text = findText(object, name);
  if (text === undefined) throw corrupt(`lacks ${name}`);
  return text;
}

function findIdToken(object: JsonObject): OidcSession["idToken"] {
  const token = findText(object, "idToken");
  const end = findText(object, "idTokenExpiresAt");
  if (token === undefined && end === undefined) return undefined;
  const expiresAt = new Date(end ?? "");
  if (token === undefined || Number.isNaN(expiresAt.getTime())) throw corrupt("has an ID token without its end, or the reverse");
  if (object["subject"] === undefined) throw corrupt("has an ID token without its subject");
  return { token: new Secret(token), expiresAt };
}

/**
 * Reads what {@link formatOidcSession} wrote. Throws `SESSION_CORRUPT` for anything else, and for a session of another
 * issuer than `issuer`: its refresh token must never be sent there.
 */
export function parseOidcSession(secret: Secret, issuer: string): OidcSession {
  const object = parseObject(secret.reveal());
  if (object["version"] !== version) throw corrupt("is of a version that this program does not know");
  if (getText(object, "issuer") !== issuer) throw corrupt("is of another issuer");
  const grant = grantTypes.find((known) => known === object["grant"]);
  if (grant === undefined) throw corrupt("names no known grant");
  const dpopKey = object["dpopKey"];
  if (dpopKey !== undefined && !isJsonObject(dpopKey)) throw corrupt("has a member dpopKey that is not an object");
  return {
    issuer,
    grant,
    refreshToken: new Secret(getText(object, "refreshToken")),
    subject: findText(object, "subject"),
    idToken: findIdToken(object),
    dpopKey,
    scope: findText(object, "scope"),
  };
}
