import { importJWK, jwtVerify, type JWTPayload } from "jose";
import type { Provider, ProviderContext } from "oidc-provider/lib/provider.js";
import { extraGrants } from "./issuer-clients.ts";
import { findAccount } from "./issuer-options.ts";
import type { LoadedProvider } from "./load-provider.ts";
import { listClaims, type ProviderParts } from "./provider-configuration.ts";
import type { SigningKey } from "./signing-keys.ts";

/** What the extra grants need beside the provider. */
export interface GrantSources {
  readonly issuerUrl: string;
  readonly parts: ProviderParts;
  readonly library: LoadedProvider;
  readonly provider: Provider;
  /** Signs the assertions that the issuer believes (RFC 7523 §2.1). */
  readonly assertionKey: SigningKey;
}

const tokenType = "urn:ietf:params:oauth:token-type:";

function readText(context: ProviderContext, name: string): string | undefined {
  const value = context.oidc.params?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function getText(context: ProviderContext, name: string, { errors }: LoadedProvider): string {
  const value = readText(context, name);
  if (value === undefined) throw new errors.InvalidRequest(`missing required parameter '${name}'`);
  return value;
}

/** Answers with tokens for the account, as if it had just signed in with the scopes that are asked for. */
async function issueFor(sources: GrantSources, context: ProviderContext, accountId: string, grantType: string): Promise<void> {
  const { provider, library } = sources;
  const { client } = context.oidc;
  const scope = readText(context, "scope") ?? "openid";
  const grant = new provider.Grant({ accountId, clientId: client?.clientId });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const source = new provider.AuthorizationCode({ accountId, client, grantId, scope, claims: {}, authTime: Math.floor(Date.now() / 1000) });
  await library.issueTokens(provider, context, source, grant, grantType);
}

async function answerPassword(sources: GrantSources, context: ProviderContext): Promise<void> {
  const { library, parts } = sources;
  const account = findAccount(parts.accounts, getText(context, "username", library));
  if (account === undefined || account.password !== getText(context, "password", library)) {
    throw new library.errors.InvalidGrant("account and password do not belong together");
  }
  await issueFor(sources, context, account.id, extraGrants.password);
}

async function verify(token: string, keys: readonly SigningKey[], { errors }: LoadedProvider): Promise<JWTPayload> {
  for (const key of keys) {
    const publicKey = await importJWK(key.publicJwk, key.algorithm);
    const verified = await jwtVerify(token, publicKey).catch(() => undefined);
    if (verified !== undefined) return verified.payload;
  }
  throw new errors.InvalidGrant("the token is not signed by a key that counts, or its time is over");
}

async function answerJwtBearer(sources: GrantSources, context: ProviderContext): Promise<void> {
  const { library, parts, assertionKey } = sources;
  const { sub } = await verify(getText(context, "assertion", library), [assertionKey], library);
  const account = findAccount(parts.accounts, sub);
  if (account === undefined) throw new library.errors.InvalidGrant("the assertion's subject is unknown");
  await issueFor(sources, context, account.id, extraGrants.jwtBearer);
}

/** RFC 8693: a token of this issuer, or an assertion it believes, for one with another audience. */
async function answerTokenExchange(sources: GrantSources, context: ProviderContext): Promise<void> {
  const { library, parts, assertionKey, issuerUrl } = sources;
  const [signer] = parts.keys;
  const { sub } = await verify(getText(context, "subject_token", library), [...parts.keys, assertionKey], library);
  const account = findAccount(parts.accounts, sub);
  if (account === undefined || signer === undefined) throw new library.errors.InvalidGrant("the token's subject is unknown");
  getText(context, "subject_token_type", library);
  const requestedType = readText(context, "requested_token_type") ?? `${tokenType}access_token`;
  const lifetimeSeconds = parts.options.idTokenSeconds ?? 3600;
  const now = Math.floor(Date.now() / 1000);
  const token = await signer.sign({
    ...listClaims(account),
    iss: issuerUrl,
    aud: readText(context, "audience") ?? readText(context, "resource") ?? context.oidc.client?.clientId ?? "",
    iat: now,
    exp: now + lifetimeSeconds,
  });
  context.body = {
    access_token: token,
    issued_token_type: requestedType,
    token_type: requestedType === `${tokenType}access_token` ? "Bearer" : "N_A",
    expires_in: lifetimeSeconds,
  };
}

/** Teaches the provider the password grant, JWT bearer assertions and token exchange. */
export function registerExtraGrants(sources: GrantSources): void {
  const { provider } = sources;
  provider.registerGrantType(extraGrants.password, async (context) => await answerPassword(sources, context), [
    "username",
    "password",
    "scope",
  ]);
  provider.registerGrantType(extraGrants.jwtBearer, async (context) => await answerJwtBearer(sources, context), ["assertion", "scope"]);
  provider.registerGrantType(
    extraGrants.tokenExchange,
    async (context) => await answerTokenExchange(sources, context),
    ["subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type", "audience", "resource", "scope"],
    ["audience", "resource"],
  );
}
