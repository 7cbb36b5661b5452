import { X509Certificate } from "node:crypto";
import { TLSSocket } from "node:tls";
import type { Provider, ProviderContext } from "oidc-provider/lib/provider.js";
import type { IssuerClients } from "./issuer-clients.ts";
import { findAccount, type Account, type IssuerOptions } from "./issuer-options.ts";
import type { IssuerStore } from "./issuer-store.ts";
import { formatNotePage, formatSignOutPage, formatUserCodeCheckPage, formatUserCodePage } from "./pages.ts";
import { issuerPaths } from "./request-counts.ts";
import type { SigningKey } from "./signing-keys.ts";

/** What a provider is made of. */
export interface ProviderParts {
  readonly options: IssuerOptions;
  readonly accounts: readonly Account[];
  readonly clients: IssuerClients;
  readonly clientMetadata: readonly Readonly<Record<string, unknown>>[];
  readonly store: IssuerStore;
  /** The first one signs; all are published. */
  readonly keys: readonly SigningKey[];
  readonly isRotating: () => boolean;
  /** Signs cookies, so that a sign-in survives new signing keys. */
  readonly cookieKey: string;
  /** 32 bytes. */
  readonly nonceSecret: Buffer;
  /** Where a sign-in is answered, with the interaction's id after it. */
  readonly signInPath: string;
}

/** The audience of access tokens of the machine client, unless it asks for another. */
export const defaultAudience = "https://kubernetes.default.svc";

type Member = Readonly<Record<string, unknown>>;

function show(context: ProviderContext, html: string): void {
  context.type = "html";
  context.body = html;
}

/** The claims of an account, by scope as in `claimsByScope`. */
export function listClaims(account: Account): Member {
  return {
    sub: account.id,
    email: account.email,
    email_verified: true,
    name: account.name ?? account.id,
    preferred_username: account.id,
    groups: account.groups,
  };
}

// Groups come without being asked for, as most issuers do when an administrator says so.
const claimsByScope = {
  openid: ["sub", "groups"],
  email: ["email", "email_verified"],
  profile: ["name", "preferred_username"],
  groups: ["groups"],
};

function describeTimes(options: IssuerOptions): Member {
  const days = 24 * 3600;
  const accessTokenSeconds = options.accessTokenSeconds ?? 3600;
  return {
    AccessToken: accessTokenSeconds,
    AuthorizationCode: 60,
    ClientCredentials: accessTokenSeconds,
    DeviceCode: options.deviceCodeSeconds ?? 600,
    Grant: 30 * days,
    IdToken: options.idTokenSeconds ?? 3600,
    Interaction: 3600,
    RefreshToken: options.refreshTokenSeconds ?? 14 * days,
    Session: days,
  };
}

function readCertificate(context: ProviderContext): X509Certificate | undefined {
  const { socket } = context;
  if (!(socket instanceof TLSSocket)) return undefined;
  const { raw } = socket.getPeerCertificate();
  return raw === undefined ? undefined : new X509Certificate(raw);
}

function describeMutualTls(options: IssuerOptions): Member {
  return {
    enabled: options.isClientCertificateRequested === true,
    tlsClientAuth: true,
    getCertificate: readCertificate,
    certificateAuthorized: ({ socket }: ProviderContext) => socket instanceof TLSSocket && socket.authorized,
    certificateSubjectMatches: (context: ProviderContext, _property: string, expected: string) =>
      readCertificate(context)?.subjectAltName?.split(", ").includes(`DNS:${expected}`) === true,
  };
}

function describeDeviceFlow(): Member {
  const showCodePage = (context: ProviderContext, form: string, _out: unknown, error: unknown): void => {
    const isRefused = error instanceof Error && error.name === "AbortedError";
    const note = error === undefined ? undefined : "That code is not valid.";
    show(context, isRefused ? formatNotePage("Refused", "The device was not connected.") : formatUserCodePage(form, note));
  };
  return {
    enabled: true,
    charset: "base-20",
    mask: "****-****",
    userCodeInputSource: showCodePage,
    userCodeConfirmSource: (context: ProviderContext, form: string, _client: unknown, _device: unknown, userCode: string) =>
      show(context, formatUserCodeCheckPage(form, userCode)),
    successSource: (context: ProviderContext) => show(context, formatNotePage("Connected", "You can close this window.")),
  };
}

function describeResources({ options, clients }: ProviderParts, InvalidTarget: new (description?: string) => Error): Member {
  return {
    enabled: true,
    defaultResource: (_context: unknown, client: { readonly clientId: string }, choices?: readonly string[]) =>
      choices ?? (client.clientId === clients.machine.clientId ? defaultAudience : undefined),
    useGrantedResource: () => true,
    getResourceServerInfo: (_context: unknown, resource: string) => {
      if (options.resources !== undefined && !options.resources.includes(resource)) throw new InvalidTarget();
      const jwt = { sign: { alg: options.signingAlgorithm ?? "ES256" } };
      return { scope: "read write", audience: resource, accessTokenFormat: "jwt", jwt };
    },
  };
}

function describeFeatures(parts: ProviderParts, InvalidTarget: new (description?: string) => Error): Member {
  return {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: describeDeviceFlow(),
    dPoP: { enabled: true, nonceSecret: parts.nonceSecret, requireNonce: () => parts.options.isDpopNonceRequired === true },
    introspection: { enabled: true, allowedPolicy: () => true },
    mTLS: describeMutualTls(parts.options),
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: parts.options.isPushedRequestRequired ?? false },
    resourceIndicators: describeResources(parts, InvalidTarget),
    revocation: {
      enabled: true,
      allowedPolicy: (_context: unknown, client: { readonly clientId: string }, token: { readonly clientId: string }) =>
        client.clientId === token.clientId,
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (context: ProviderContext, form: string) => show(context, formatSignOutPage(form)),
      postLogoutSuccessSource: (context: ProviderContext) => show(context, formatNotePage("Signed out", "You can close this window.")),
    },
    userinfo: { enabled: true },
  };
}

function describeAccount(accounts: readonly Account[], id: string): Member | undefined {
  const account = findAccount(accounts, id);
  return account === undefined ? undefined : { accountId: account.id, claims: () => listClaims(account) };
}

/** Everybody who signs in has agreed to what the client asks for, and to nothing that it asked for earlier. */
async function grantWhatIsAsked(provider: Provider, { oidc }: ProviderContext): Promise<unknown> {
  const grant = new provider.Grant({ accountId: oidc.account?.accountId, clientId: oidc.client?.clientId });
  const scope = typeof oidc.params?.["scope"] === "string" ? oidc.params["scope"] : "openid";
  grant.addOIDCScope(scope);
  for (const [resource, { scopes }] of Object.entries(oidc.resourceServers)) {
    // A grant without any scope counts as refused.
    grant.addResourceScope(resource, [...scopes].join(" "));
  }
  await grant.save();
  return grant;
}

function describeExtraClaims({ accounts, clients }: ProviderParts, token: unknown): Member | undefined {
  if (typeof token !== "object" || token === null) return undefined;
  const { accountId, clientId } = { accountId: undefined, clientId: undefined, ...token };
  if (accountId !== undefined) return { groups: findAccount(accounts, String(accountId))?.groups ?? [] };
  return clientId === clients.machine.clientId ? { groups: ["machines"] } : undefined;
}

/** The configuration of the provider; every default that would print a warning is set. `getProvider` gives the one made of it. */
export function describeProvider(
  parts: ProviderParts,
  getProvider: () => Provider,
  InvalidTarget: new (description?: string) => Error,
): Member {
  const { options, accounts, store, keys } = parts;
  return {
    adapter: (kind: string) => store.adapt(kind),
    clients: parts.clientMetadata,
    clientDefaults: { id_token_signed_response_alg: options.signingAlgorithm ?? "ES256" },
    claims: claimsByScope,
    clientAuthMethods: [
      "none",
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      ...(options.isClientCertificateRequested === true ? ["tls_client_auth"] : []),
    ],
    clientBasedCORS: () => false,
    conformIdTokenClaims: false,
    cookies: { keys: [parts.cookieKey] },
    extraTokenClaims: (_context: unknown, token: unknown) => describeExtraClaims(parts, token),
    features: describeFeatures(parts, InvalidTarget),
    findAccount: (_context: unknown, id: string) => describeAccount(accounts, id),
    interactions: { url: (_context: unknown, interaction: { readonly uid: string }) => `${parts.signInPath}${interaction.uid}` },
    jwks: { keys: keys.map((key) => key.privateJwk) },
    loadExistingGrant: async (context: ProviderContext) => await grantWhatIsAsked(getProvider(), context),
    pkce: { required: () => true },
    renderError: (context: ProviderContext, out: { readonly error: string; readonly error_description?: string }) =>
      show(context, formatNotePage("That did not work", `${out.error}: ${out.error_description ?? ""}`)),
    responseTypes: ["code"],
    rotateRefreshToken: () => parts.isRotating(),
    routes: {
      authorization: issuerPaths.authorization,
      code_verification: issuerPaths.deviceVerification,
      device_authorization: issuerPaths.deviceAuthorization,
      end_session: issuerPaths.endSession,
      introspection: issuerPaths.introspection,
      jwks: issuerPaths.keys,
      pushed_authorization_request: issuerPaths.pushedAuthorization,
      revocation: issuerPaths.revocation,
      token: issuerPaths.token,
      userinfo: issuerPaths.userInfo,
    },
    ttl: describeTimes(options),
  };
}
