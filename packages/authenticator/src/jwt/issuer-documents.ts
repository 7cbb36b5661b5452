import { type Fetch, type FetchedDocument, fetchDocument, findLifetimeMs, findUrl } from "@kubepass/network";
import { CredentialError, formatPrintable, isJsonObject } from "@kubepass/wire";
import type { IssuerConfiguration } from "../configuration/authentication-configuration.ts";
import { parseVerificationKeys, type VerificationKey } from "./key-set.ts";

/** An issuer's keys as fetched. */
export interface FetchedKeys {
  readonly keys: readonly VerificationKey[];
  /** How long they count as fresh, from now; 5 minutes to 24 hours. */
  readonly lifetimeMs: number;
}

function findJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The place of the keys that a discovery document names (OpenID Connect Discovery §4.3).
 * Throws `ISSUER_INVALID` when the document is of another issuer, or names no keys at an https URL.
 */
function judgeDiscoveryDocument(text: string, issuer: string, isPlainHttpAllowed: boolean): string {
  const document = findJson(text);
  if (!isJsonObject(document)) throw new CredentialError("ISSUER_INVALID", `the discovery document of ${issuer} is not a JSON object`);
  if (document["issuer"] !== issuer) {
    const name = typeof document["issuer"] === "string" ? formatPrintable(document["issuer"]) : "nobody";
    throw new CredentialError("ISSUER_INVALID", `the discovery document is of issuer ${name}, not of ${formatPrintable(issuer)}`, {
      hint: "set issuer.url to the issuer's own name for itself, byte for byte; where the document lies elsewhere, set issuer.discoveryURL",
    });
  }
  const jwksUrl = document["jwks_uri"];
  const url = typeof jwksUrl === "string" ? findUrl(jwksUrl) : undefined;
  if (typeof jwksUrl !== "string" || url === undefined) {
    throw new CredentialError("ISSUER_INVALID", `the discovery document of ${issuer} names no jwks_uri`);
  }
  if (url.protocol === "https:" || isPlainHttpAllowed) return jwksUrl;
  throw new CredentialError("ISSUER_INVALID", `the jwks_uri of ${issuer} is not https`);
}

async function getDocument(url: string, what: string, fetch: Fetch, signal: AbortSignal): Promise<FetchedDocument> {
  const document = await fetchDocument(url, what, fetch, signal);
  if (document !== undefined) return document;
  throw new CredentialError("ISSUER_INVALID", `there is no ${what} at ${url}`, { hint: "check issuer.url and issuer.discoveryURL" });
}

/** Fetches the discovery document and gives the place of the keys. Throws as {@link judgeDiscoveryDocument} and `fetchDocument`. */
export async function fetchKeysUrl(
  issuer: IssuerConfiguration,
  isPlainHttpAllowed: boolean,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<string> {
  const wellKnown = `${issuer.url.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const { text } = await getDocument(issuer.discoveryUrl || wellKnown, "discovery document", fetch, signal);
  return judgeDiscoveryDocument(text, issuer.url, isPlainHttpAllowed);
}

/** Fetches the keys. Throws `ISSUER_INVALID` for what is no key set, and as `fetchDocument`. */
export async function fetchKeys(jwksUrl: string, fetch: Fetch, signal: AbortSignal): Promise<FetchedKeys> {
  const { text, headers } = await getDocument(jwksUrl, "key set", fetch, signal);
  const keys = parseVerificationKeys(text);
  if (keys === undefined) throw new CredentialError("ISSUER_INVALID", `what lies at ${jwksUrl} is not a JWK Set`);
  return { keys, lifetimeMs: findLifetimeMs(headers) };
}
