import type { Fetch } from "@kubepass/network";
import { type IssuerConnection, signInWithAuthorizationCode, signInWithDeviceCode, type TokenSet } from "@kubepass/oauth";
import type { SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError } from "@kubepass/wire";
import type { SsoSettings } from "../aws-files.ts";
import type { AddressKind, EksOptions } from "../eks-options.ts";
import { findSsoCachePath } from "./sso-cache-path.ts";
import { createSsoConnection, findSsoOrigin, registerSsoClient } from "./sso-connection.ts";
import { formatSsoToken, writeSsoToken } from "./sso-token.ts";

/** How IAM Identity Center is signed in at. */
export interface SsoSignIn {
  readonly settings: SsoSettings;
  readonly addressKind: AddressKind;
  readonly grant: EksOptions["ssoGrant"];
  readonly fetch: Fetch;
  readonly context: SignInContext;
}

// An authorization code needs a registered redirect, which only profiles with an sso-session have.
async function signIn({ settings, grant, context }: SsoSignIn, connection: IssuerConnection): Promise<TokenSet> {
  const person = await context.requestPerson();
  const once: SignInContext = { ...context, requestPerson: async () => await Promise.resolve(person) };
  const isCodePossible = settings.sessionName !== undefined;
  const isCodeWanted = grant === "authorization-code" || (grant === "auto" && (person.canOpenBrowser || person.canAnswer));
  const options = { scopes: settings.scopes, idToken: "optional" } as const;
  if (!isCodePossible || !isCodeWanted) return await signInWithDeviceCode(connection, options, once);
  return await signInWithAuthorizationCode(
    connection,
    { ...options, extraParameters: { scopes: settings.scopes.join(" ") }, redirect: { callbackPath: "/oauth/callback" } },
    once,
  );
}

/**
 * Signs a person in at IAM Identity Center, as `aws sso login` does, and leaves the token where all of AWS's tools find it.
 * Throws `LOGIN_REQUIRED` where nobody may be asked, what the grants throw, and `STORE_UNWRITABLE`.
 */
export async function signInAtSso(request: SsoSignIn): Promise<void> {
  const { settings, fetch, context } = request;
  const { host, signal } = context;
  const origin = findSsoOrigin(settings.region, request.addressKind);
  const registration = await registerSsoClient(origin, settings, fetch, signal);
  const tokens = await signIn(request, await createSsoConnection(origin, settings, registration, fetch, host));
  const { accessToken, refreshToken } = tokens;
  if (accessToken?.expiresAt === undefined) {
    throw new CredentialError("RESPONSE_INVALID", "IAM Identity Center issued no access token, or one without an end");
  }
  const token = {
    accessToken: accessToken.token,
    expiresAt: accessToken.expiresAt,
    refreshToken: refreshToken?.token,
    clientId: registration.clientId,
    clientSecret: registration.clientSecret,
    registrationExpiresAt: registration.expiresAt,
  };
  writeSsoToken(findSsoCachePath(host.directories.home, settings), formatSsoToken(token, settings), host.environment.ownProcess.id);
}
