import { CredentialError, formatPrintable, isCredentialError } from "@kubepass/wire";
import type { Fetch } from "./fetch.ts";
import { findUrl } from "./url-parts.ts";

/** The text of a fetched document, with the headers that tell its lifetime. */
export interface FetchedDocument {
  readonly text: string;
  readonly headers: Headers;
}

function redirectTarget(response: Response, url: string): string {
  const location = response.headers.get("location") ?? "";
  const target = URL.canParse(location, url) ? new URL(location, url).host : "an unnamed place";
  return formatPrintable(target, 100);
}

/**
 * Judges the status of a document's answer: `false` when it is not there (404).
 * Throws `ISSUER_UNREACHABLE` for 5xx and 429, `ISSUER_INVALID` for redirects and other statuses.
 */
function judgeDocumentStatus(response: Response, url: string, what: string): boolean {
  const { status } = response;
  if (status === 200) return true;
  if (status === 404) return false;
  if (status >= 500 || status === 429) {
    throw new CredentialError("ISSUER_UNREACHABLE", `${findUrl(url)?.host ?? url} answered with status ${status} instead of the ${what}`, {
      retryable: true,
      hint: "the issuer is overloaded or broken: try again later",
    });
  }
  if (status >= 300 && status < 400) {
    throw new CredentialError("ISSUER_INVALID", `${url} redirects to ${redirectTarget(response, url)} instead of giving the ${what}`, {
      hint: "redirects are not followed: set the URL that the issuer itself names",
    });
  }
  throw new CredentialError("ISSUER_INVALID", `${url} answered with status ${status} instead of the ${what}`, { hint: "check the URL" });
}

/**
 * Fetches a public document of an issuer; `undefined` when it is not there.
 * Throws as {@link judgeDocumentStatus}, `ISSUER_INVALID` for one that is too large or not HTTP, and what `createFetch` throws.
 */
export async function fetchDocument(url: string, what: string, fetch: Fetch, signal: AbortSignal): Promise<FetchedDocument | undefined> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: "application/json" }, signal });
  } catch (error) {
    if (!isCredentialError(error, "RESPONSE_INVALID")) throw error;
    throw new CredentialError("ISSUER_INVALID", `there is no ${what} at ${url}: ${error.message}`, { cause: error, hint: "check the URL" });
  }
  if (!judgeDocumentStatus(response, url, what)) return undefined;
  return { text: await response.text(), headers: response.headers };
}
