import { CredentialError, formatPrintable, isJsonObject, Secret } from "@kubepass/wire";
import * as oauth from "oauth4webapi";
import type { IssuerConnection } from "../connection.ts";
import { judgeOAuthError } from "../judge-oauth-error.ts";
import type { AuthorizationCodeOptions } from "./authorization-code-options.ts";
import { sendTokenRequest } from "./token-request.ts";

/** What makes one sign-in different from every other: 256 random bits each. */
export interface SignInAttempt {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 §4.1. */
  readonly codeVerifier: Secret;
}

/** A fresh attempt; its values fit no other one. */
export function createSignInAttempt(): SignInAttempt {
  return {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    codeVerifier: new Secret(oauth.generateRandomCodeVerifier()),
  };
}

/** `audience` and `resource`, which both the authorization and the token endpoint are told (RFC 8707 §2). */
export function formatTargetParameters(options: Pick<AuthorizationCodeOptions, "audience" | "resources">): URLSearchParams {
  const parameters = new URLSearchParams();
  if (options.audience !== undefined) parameters.set("audience", options.audience);
  for (const resource of options.resources ?? []) parameters.append("resource", resource);
  return parameters;
}

/** The parameters of the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1). */
export async function formatAuthorizationParameters(
  clientId: string,
  options: AuthorizationCodeOptions,
  attempt: SignInAttempt,
  redirectUri: string,
): Promise<URLSearchParams> {
  const parameters = formatTargetParameters(options);
  const optional = {
    response_mode: options.responseMode === "form_post" ? "form_post" : undefined,
    login_hint: options.loginHint,
    prompt: options.prompt,
    max_age: options.maxAgeSeconds?.toString(),
  };
  for (const [name, value] of Object.entries({ ...optional, ...options.extraParameters })) {
    if (value !== undefined) parameters.set(name, value);
  }
  const fixed = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: options.scopes.join(" "),
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(attempt.codeVerifier.reveal()),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(fixed)) parameters.set(name, value);
  return parameters;
}

function getAuthorizationEndpoint(connection: IssuerConnection): URL {
  const text = connection.server.authorization_endpoint;
  if (text === undefined) {
    throw new CredentialError("GRANT_UNSUPPORTED", `the issuer ${connection.issuer} names no authorization endpoint`, {
      hint: "use another grant, or set the authorization endpoint by hand",
    });
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // It is handed to the operating system to open: another scheme could start any program.
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && connection.isInsecureAllowed)) {
    throw new CredentialError(
      "ISSUER_INVALID",
      `the authorization endpoint of ${connection.issuer} is not an https URL: ${formatPrintable(text)}`,
    );
  }
  return url;
}

function parseRequestUri(body: unknown): string {
  const requestUri = isJsonObject(body) ? body["request_uri"] : undefined;
  if (typeof requestUri === "string" && requestUri !== "") return requestUri;
  throw new CredentialError("RESPONSE_INVALID", "the issuer's answer to the pushed authorization request has no request_uri");
}

async function pushParameters(connection: IssuerConnection, parameters: URLSearchParams, signal: AbortSignal): Promise<URLSearchParams> {
  const { server, client, clientAuthentication } = connection;
  if (server.pushed_authorization_request_endpoint === undefined) {
    throw new CredentialError("GRANT_UNSUPPORTED", `the issuer ${connection.issuer} takes no pushed authorization requests`, {
      hint: "set pushed authorization to auto or never, or set the pushed authorization request endpoint by hand",
    });
  }
  const response = await sendTokenRequest(connection, signal, (common) =>
    oauth.pushedAuthorizationRequest(server, client, clientAuthentication, parameters, common),
  );
  // RFC 9126 §2.2 says 201, and some issuers answer 200.
  if (response.status !== 201 && response.status !== 200) throw await judgeOAuthError(response);
  const body: unknown = await response.json().catch(() => undefined);
  return new URLSearchParams({ client_id: client.client_id, request_uri: parseRequestUri(body) });
}

function isPushed(connection: IssuerConnection, setting: AuthorizationCodeOptions["pushedAuthorization"]): boolean {
  if (setting === "always") return true;
  return setting !== "never" && connection.server.require_pushed_authorization_requests === true;
}

/**
 * The URL that the person has to open. With a pushed request it holds only `client_id` and `request_uri`
 * (RFC 9126 §4). The URL reaches the browser as a process argument, which other users of the machine may read:
 * that is accepted, because without the code verifier it redeems nothing; a pushed request hides the rest as well.
 * Throws `GRANT_UNSUPPORTED`, `ISSUER_INVALID`, and what the pushed request throws.
 */
export async function createAuthorizationUrl(
  connection: IssuerConnection,
  options: AuthorizationCodeOptions,
  parameters: URLSearchParams,
  signal: AbortSignal,
): Promise<URL> {
  const url = getAuthorizationEndpoint(connection);
  const query = isPushed(connection, options.pushedAuthorization) ? await pushParameters(connection, parameters, signal) : parameters;
  for (const name of new Set(query.keys())) url.searchParams.delete(name);
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url;
}
