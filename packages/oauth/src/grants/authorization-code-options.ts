import { OptionProblems } from "@kubepass/plugin-sdk";
import type { Secret } from "@kubepass/wire";

/** Where the answer of the issuer is awaited. */
export interface RedirectOptions {
  /** Tried in order; none means a port of the system's choice, which RFC 8252 §7.3 asks issuers to accept. */
  readonly ports?: readonly number[] | undefined;
  /** The host in the redirect URL, default `127.0.0.1`. With `localhost` both address families are bound. */
  readonly redirectHost?: "127.0.0.1" | "::1" | "localhost" | undefined;
  /**
   * The redirect URL as the issuer and the browser know it, such as the near end of a port-forward. Its path is
   * the callback path; when it names a port of this machine and no `ports` are given, that one is bound.
   */
  readonly redirectUrl?: string | undefined;
  /** Default `/callback`: issuers compare paths exactly, so it cannot be random; the state protects it. */
  readonly callbackPath?: string | undefined;
  /** Serves https with this certificate, which the browser has to trust. */
  readonly tls?: { readonly certificatePem: string; readonly privateKeyPem: Secret } | undefined;
}

/** How to sign in with an authorization code. */
export interface AuthorizationCodeOptions {
  readonly scopes: readonly string[];
  readonly audience?: string | undefined;
  /** Resource indicators (RFC 8707). */
  readonly resources?: readonly string[] | undefined;
  /** Sent to the authorization endpoint; may not name what protects the sign-in. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
  readonly loginHint?: string | undefined;
  readonly prompt?: string | undefined;
  /** How long ago the person may have signed in at the issuer (OpenID Connect Core §3.1.2.1). */
  readonly maxAgeSeconds?: number | undefined;
  readonly idToken: "required" | "optional";
  /** Default `query`. */
  readonly responseMode?: "query" | "form_post" | undefined;
  /** Pushed authorization requests (RFC 9126). Default `auto`: when the issuer requires them. */
  readonly pushedAuthorization?: "auto" | "always" | "never" | undefined;
  readonly redirect?: RedirectOptions | undefined;
  /** How long a person has, default 3 minutes. */
  readonly timeoutMs?: number | undefined;
  /** Where the browser goes after a successful sign-in, instead of the page that says so. */
  readonly openUrlAfterSignIn?: string | undefined;
  /** What people call the account and the cluster. */
  readonly pageContext?: { readonly account?: string | undefined; readonly cluster?: string | undefined } | undefined;
}

const protectedParameters: readonly string[] = [
  "response_type",
  "response_mode",
  "client_id",
  "redirect_uri",
  "scope",
  "state",
  "nonce",
  "request",
  "request_uri",
];

/** Whether a parameter belongs to the protocol, so that configuration may not set it. */
export function isProtectedParameter(name: string): boolean {
  return protectedParameters.includes(name) || name.startsWith("code_challenge");
}

function parseWebUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined;
}

function findUrlProblem(text: string): string | undefined {
  const url = parseWebUrl(text);
  if (url === undefined) return "the redirect URL is not an http or https URL";
  return url.hash + url.search + url.username === "" ? undefined : "the redirect URL may have no user name, query or fragment";
}

function checkRedirect({ ports = [], redirectUrl, callbackPath = "/" }: RedirectOptions, problems: OptionProblems): void {
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.add(`${port} is not a port to listen on`);
  }
  if (!/^\/[\w.~/-]*$/.test(callbackPath)) problems.add("the callback path has to begin with / and hold letters, digits and -._~/ only");
  const problem = redirectUrl === undefined ? undefined : findUrlProblem(redirectUrl);
  if (problem !== undefined) problems.add(problem);
}

/** Throws one `CONFIG_INVALID` that names all problems, before anything is opened. */
export function checkAuthorizationCodeOptions(options: AuthorizationCodeOptions): void {
  const problems = new OptionProblems();
  for (const name of Object.keys(options.extraParameters ?? {})) {
    if (isProtectedParameter(name)) problems.add(`the extra parameter ${name} belongs to the protocol and cannot be set`);
  }
  checkRedirect(options.redirect ?? {}, problems);
  if (options.openUrlAfterSignIn !== undefined && parseWebUrl(options.openUrlAfterSignIn) === undefined) {
    problems.add("the URL to open after the sign-in is not an http or https URL");
  }
  if (options.timeoutMs !== undefined && !(options.timeoutMs > 0)) problems.add("the time for the sign-in has to be more than nothing");
  problems.throwIfAny();
}
