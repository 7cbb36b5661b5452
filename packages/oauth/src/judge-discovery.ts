import { CredentialError, formatPrintable, isJsonObject, type JsonObject } from "@kubepass/wire";
import type * as oauth from "oauth4webapi";
import { findUrl, hostOf, isLoopbackAddress } from "@kubepass/network";

/** Endpoints of the discovery document that configuration replaces. */
export interface EndpointOverrides {
  readonly authorization?: string | undefined;
  readonly token?: string | undefined;
  readonly device_authorization?: string | undefined;
  readonly jwks?: string | undefined;
  readonly revocation?: string | undefined;
  readonly end_session?: string | undefined;
  readonly pushed_authorization_request?: string | undefined;
}

const endpointNames = [
  "authorization_endpoint",
  "token_endpoint",
  "device_authorization_endpoint",
  "jwks_uri",
  "revocation_endpoint",
  "end_session_endpoint",
  "pushed_authorization_request_endpoint",
  "userinfo_endpoint",
  "introspection_endpoint",
] as const;

const listNames = [
  "scopes_supported",
  "response_types_supported",
  "response_modes_supported",
  "grant_types_supported",
  "subject_types_supported",
  "claims_supported",
  "token_endpoint_auth_methods_supported",
  "token_endpoint_auth_signing_alg_values_supported",
  "revocation_endpoint_auth_methods_supported",
  "id_token_signing_alg_values_supported",
  "code_challenge_methods_supported",
  "dpop_signing_alg_values_supported",
  "prompt_values_supported",
] as const;

const switchNames = [
  "authorization_response_iss_parameter_supported",
  "require_pushed_authorization_requests",
  "tls_client_certificate_bound_access_tokens",
] as const;

/** Whether http is taken on a loopback address: only when it was allowed on purpose. */
export interface UrlPolicy {
  readonly isInsecureIssuerAllowed?: boolean | undefined;
}

/** True for https, and for http on a loopback address where that is allowed (S5). */
export function isUrlAllowed(url: URL, policy: UrlPolicy): boolean {
  if (url.protocol === "https:") return true;
  const host = hostOf(url);
  return policy.isInsecureIssuerAllowed === true && url.protocol === "http:" && (host === "localhost" || isLoopbackAddress(host));
}

function refuseInsecure(what: string): CredentialError {
  return new CredentialError("POLICY_REFUSED", `${what} is not https`, {
    hint: "use https; plain http is taken only on a loopback address, when an insecure issuer is allowed on purpose",
  });
}

/**
 * Judges a configured URL (issuer, discovery document, endpoint). Throws `CONFIG_INVALID` for what is no URL or holds
 * credentials or a fragment, `POLICY_REFUSED` for one that is not https.
 */
export function judgeConfiguredUrl(text: string, what: string, policy: UrlPolicy): URL {
  const url = findUrl(text);
  if (url === undefined || !/^https?:\/\//i.test(text)) {
    throw new CredentialError("CONFIG_INVALID", `${what} is not a URL: ${formatPrintable(text)}`, {
      hint: "give a URL that starts with https://",
    });
  }
  if (url.username !== "" || url.password !== "" || text.includes("#")) {
    throw new CredentialError("CONFIG_INVALID", `${what} holds a user name, password or fragment`, { hint: "give the URL without them" });
  }
  if (!isUrlAllowed(url, policy)) throw refuseInsecure(`${what} ${formatPrintable(text)}`);
  return url;
}

/** Judges the issuer URL, which has no query either (OpenID Connect Core §2). Throws as {@link judgeConfiguredUrl}. */
export function judgeIssuerUrl(issuer: string, policy: UrlPolicy): URL {
  const url = judgeConfiguredUrl(issuer, "the issuer URL", policy);
  if (issuer.includes("?"))
    throw new CredentialError("CONFIG_INVALID", "the issuer URL holds a query", {
      hint: "give the URL without what follows the question mark",
    });
  return url;
}

function judgePublishedUrl(text: string, what: string, policy: UrlPolicy): string {
  const url = findUrl(text);
  if (url === undefined || url.username !== "" || url.password !== "" || text.includes("#")) {
    throw new CredentialError("ISSUER_INVALID", `the discovery document has a ${what} that is no proper URL: ${formatPrintable(text)}`);
  }
  if (!isUrlAllowed(url, policy)) throw refuseInsecure(`the ${what} ${formatPrintable(text)} of the discovery document`);
  return text;
}

function pickEndpoints(object: JsonObject, policy: UrlPolicy, prefix = ""): Partial<Record<(typeof endpointNames)[number], string>> {
  const found = endpointNames.flatMap((name) => {
    const value = object[name];
    if (value === undefined || value === null || value === "") return [];
    if (typeof value !== "string")
      throw new CredentialError("ISSUER_INVALID", `the discovery document has a ${prefix}${name} that is not a string`);
    return [[name, judgePublishedUrl(value, `${prefix}${name}`, policy)] as const];
  });
  return Object.fromEntries(found);
}

// An odd list is as good as none: each is only advice on what to offer.
function pickLists(object: JsonObject): Partial<Record<(typeof listNames)[number], string[]>> {
  const found = listNames.flatMap((name) => {
    const value = object[name];
    return Array.isArray(value) ? [[name, value.filter((item) => typeof item === "string")] as const] : [];
  });
  return Object.fromEntries(found);
}

function pickSwitches(object: JsonObject): Partial<Record<(typeof switchNames)[number], boolean>> {
  const found = switchNames.flatMap((name) => {
    const value = object[name];
    return typeof value === "boolean" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found);
}

function judgeIssuerMember(published: unknown, issuer: string): void {
  if (published === issuer) return;
  const name = typeof published === "string" ? formatPrintable(published) : "nobody";
  const withoutSlash = (text: string): string => text.replace(/\/$/, "");
  const isSlashMistake = typeof published === "string" && withoutSlash(published) === withoutSlash(issuer);
  throw new CredentialError("ISSUER_INVALID", `the discovery document is of issuer ${name}, not of ${formatPrintable(issuer)}`, {
    hint: isSlashMistake
      ? `they differ only in the slash at the end: set the issuer URL to ${name}`
      : "set the issuer URL to the issuer's own name for itself, byte for byte; where the document lies elsewhere, set the discovery URL too",
  });
}

/**
 * Judges a discovery document (OpenID Connect Discovery §4.3, RFC 8414 §3.3): its issuer is the configured one byte for
 * byte (S4), each endpoint is https (S5). What is not known is left out.
 * Throws `ISSUER_INVALID`, or `POLICY_REFUSED` for an http endpoint.
 */
export function judgeDiscovery(text: string, issuer: string, policy: UrlPolicy): oauth.AuthorizationServer {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    const what = /^\s*</.test(text) ? "a web page" : "text that is not JSON";
    throw new CredentialError("ISSUER_INVALID", `the answer is ${what} instead of a discovery document`, { hint: "check the issuer URL" });
  }
  if (!isJsonObject(document))
    throw new CredentialError("ISSUER_INVALID", "the discovery document is not a JSON object", { hint: "check the issuer URL" });
  judgeIssuerMember(document["issuer"], issuer);
  const aliases = document["mtls_endpoint_aliases"];
  return {
    issuer,
    ...pickEndpoints(document, policy),
    ...pickLists(document),
    ...pickSwitches(document),
    ...(isJsonObject(aliases) ? { mtls_endpoint_aliases: pickEndpoints(aliases, policy, "mtls_endpoint_aliases.") } : {}),
  };
}

/** The same server with the configured endpoints in place of the published ones. Throws as {@link judgeConfiguredUrl}. */
export function applyOverrides(
  server: oauth.AuthorizationServer,
  overrides: EndpointOverrides,
  policy: UrlPolicy,
): oauth.AuthorizationServer {
  const replaced = Object.entries(overrides).flatMap(([name, value]: [string, string | undefined]) => {
    if (value === undefined) return [];
    judgeConfiguredUrl(value, `the configured ${name} endpoint`, policy);
    return [[name === "jwks" ? "jwks_uri" : `${name}_endpoint`, value] as const];
  });
  return { ...server, ...Object.fromEntries(replaced) };
}
