import { formatCanonicalJson, hashSha256, type JsonObject, type JsonValue } from "@kubepass/wire";
import type { Grant, GrantType, OidcOptions } from "./oidc-options.ts";
import type { SecretSource } from "./secret-source.ts";

// How a person signs in changes nothing about who they are; each other grant speaks for somebody else.
type GrantFamily = "person" | "client-credentials" | "password" | "token-exchange" | "jwt-bearer";

/** The kind of party that a grant gets credentials for. */
function grantFamily(grant: GrantType): GrantFamily {
  return grant === "auto" || grant === "authorization-code" || grant === "device-code" ? "person" : grant;
}

function fingerprint(value: JsonValue): string {
  return hashSha256(formatCanonicalJson(value));
}

function describeSource(source: SecretSource | undefined): JsonValue | undefined {
  if (source?.kind === "file") return { file: source.path };
  // Arguments may hold a secret.
  if (source?.kind === "command") return { command: fingerprint([source.program, ...source.args]) };
  return undefined;
}

function findPath(source: SecretSource | undefined): string | undefined {
  return source?.kind === "file" ? source.path : undefined;
}

// Where a token comes from is all that is known of its subject before it is read.
function describeGrant(grant: Grant): JsonObject | undefined {
  switch (grant.type) {
    case "password":
      return { username: grant.username };
    case "token-exchange":
      return { subjectToken: describeSource(grant.subject), subjectTokenType: grant.subjectType, actorTokenFile: findPath(grant.actor) };
    case "jwt-bearer":
      return { assertionFile: findPath(grant.assertion) };
    case "auto":
    case "authorization-code":
    case "device-code":
    case "client-credentials":
      return undefined;
  }
}

function compact(object: JsonObject): JsonObject | undefined {
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

/** Header values may be API keys, and names have no case. */
function fingerprintHeaders(headers: Readonly<Record<string, string>>): string | undefined {
  const members = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return members.length === 0 ? undefined : fingerprint(Object.fromEntries(members));
}

/**
 * Everything that changes who a credential is for, or what it may do; it becomes the cache key.
 * Left out on purpose: ports, pages, timeouts, trusted authorities, and the client secret with the way the client
 * proves itself. A client id is unique at its issuer (RFC 6749 §2.2), so another secret is the same client,
 * and replacing a secret signs nobody out. Request headers are in, since they can choose a tenant.
 */
export function formatIdentity(options: OidcOptions): JsonObject {
  const { endpoints, network } = options;
  return {
    issuer: options.issuer,
    clientId: options.clientId,
    account: options.account,
    loginHint: options.loginHint,
    grant: grantFamily(options.grant.type),
    grantOptions: describeGrant(options.grant),
    scopes: [...options.extraScopes],
    tokenKind: options.tokenKind,
    audience: options.audience,
    resources: [...options.resources],
    exchangeAfterSignIn: options.exchangeAfterSignIn === undefined ? undefined : { ...options.exchangeAfterSignIn },
    requestedTokenType:
      options.grant.type !== "token-exchange" && options.exchangeAfterSignIn === undefined ? undefined : options.requestedTokenType,
    extraParameters: compact(options.extraParameters),
    endpoints: compact({ ...endpoints }),
    headers: fingerprintHeaders(network.headers),
    // What was fetched over an unchecked connection must never be served where checking was asked for.
    isServerCertificateUnchecked: network.isServerCertificateUnchecked || undefined,
  };
}

/** What people call this identity, such as `anna at issuer.example`. */
export function formatLabel(options: OidcOptions): string {
  const { host, pathname } = new URL(options.issuer);
  const place = `${host}${pathname.replace(/\/$/, "")}`;
  const who = options.account ?? (options.grant.type === "password" ? options.grant.username : options.loginHint);
  if (who !== undefined) return `${who} at ${place}`;
  return grantFamily(options.grant.type) === "person" ? place : `client ${options.clientId} at ${place}`;
}
