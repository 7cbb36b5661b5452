import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { HeaderLine } from "../credentials/impersonation-headers.ts";
import { parseRequestBody } from "./request-body.ts";
import { type CallBody, discardBody } from "./wire-call.ts";

/** What a `fetch` was asked for, with its URL resolved against the cluster. */
export interface ParsedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly HeaderLine[];
  readonly body: CallBody;
  readonly redirect: NonNullable<RequestInit["redirect"]>;
  readonly signal: AbortSignal | undefined;
}

function refusePath(path: string, base: string): CredentialError {
  return new CredentialError("POLICY_REFUSED", `a request to ${path} leaves the path ${base} of the cluster`, {
    hint: "use a path such as /api/v1/namespaces, without ..",
  });
}

/** The path below which the API of a cluster is; `""` when it has its server for itself. */
function formatBase(server: URL): string {
  return server.pathname.replace(/\/$/, "");
}

function isBelow({ pathname }: URL, base: string): boolean {
  return `${pathname}/`.startsWith(`${base}/`);
}

/**
 * Resolves where an answer redirects to. Credentials go neither to another origin nor, on the same one, out of the cluster's path,
 * below which another cluster may live: both throw `POLICY_REFUSED`. client-go would send them.
 */
export function resolveRedirect(location: string, from: URL, server: URL): URL {
  const base = formatBase(server);
  const url = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (url === undefined) throw new CredentialError("RESPONSE_INVALID", `${server.host} redirects to what is no URL`);
  const isSame = url.origin === server.origin;
  // Who was asked for by its whole URL outside of that path may lead on outside of it.
  if (isSame && (isBelow(url, base) || !isBelow(from, base))) return url;
  const place = isSame ? url.pathname : url.origin;
  throw new CredentialError(
    "POLICY_REFUSED",
    `${server.host} redirects to ${formatPrintable(place, 200)}, where its credentials are not sent`,
    {
      hint: 'check clusters[].cluster.server, or ask with redirect: "manual"',
    },
  );
}

function resolveUrl(text: string, server: URL): URL {
  const base = formatBase(server);
  // A path is one of the API, so it comes after the path of the server.
  const url =
    text.startsWith("/") && !text.startsWith("//")
      ? new URL(`${base}${text}`, server)
      : new URL(text, `${server.href.replace(/\/$/, "")}/`);
  const isPath = !/^(?:[A-Za-z][A-Za-z0-9+.-]*:|[/\\]{2})/.test(text.trim());
  // Another cluster may live next to this one on the same server.
  if (isPath && url.origin === server.origin && !isBelow(url, base)) throw refusePath(url.pathname, base);
  if (url.origin === server.origin && url.username === "") return url;
  throw new CredentialError("POLICY_REFUSED", `a request to ${url.origin} is not sent with the credentials of ${server.origin}`, {
    hint: "use a path such as /api/v1/namespaces, or the cluster's own URL",
  });
}

function isIterable(value: object): value is Iterable<readonly unknown[]> {
  return Symbol.iterator in value;
}

/** The header lines of an `init`, each as it was given: lists keep repeated names apart, which `Headers` would join. */
function listHeaders(headers: RequestInit["headers"]): readonly HeaderLine[] {
  if (headers === undefined) return [];
  const pairs: readonly (readonly unknown[])[] = isIterable(headers) ? [...headers] : Object.entries(headers);
  return pairs.flatMap(([name, value]): readonly HeaderLine[] => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((each) => [String(name), String(each)] as const);
  });
}

function withType(headers: readonly HeaderLine[], type: string | undefined): readonly HeaderLine[] {
  if (type === undefined || headers.some(([name]) => name.toLowerCase() === "content-type")) return headers;
  return [...headers, ["content-type", type]];
}

const methodNames = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

function normalizeMethod(method: string): string {
  return methodNames.has(method.toUpperCase()) ? method.toUpperCase() : method;
}

/** One `init` of a `Request` and the one that overrides it. */
function mergeInit(given: Request, init: RequestInit): RequestInit {
  const { method, headers, redirect, signal, body } = given;
  return { method, headers, redirect, signal, body, ...init };
}

function parseInit(address: string, init: RequestInit, server: URL): ParsedRequest {
  const { method = "GET", redirect = "follow", signal } = init;
  const request = {
    url: resolveUrl(address, server),
    method: normalizeMethod(method),
    headers: listHeaders(init.headers),
    redirect,
    signal: signal ?? undefined,
  };
  // Last: what is refused before holds no stream of ours.
  const { body, type } = parseRequestBody(init.body);
  return { ...request, headers: withType(request.headers, type), body };
}

/**
 * Reads the arguments of a `fetch`; what it throws, it throws after the body is let go. A path is taken relative to the server; another origin throws `POLICY_REFUSED`, because
 * credentials would leak there.
 */
export function parseFetchRequest(input: string | URL | Request, init: RequestInit, server: URL): ParsedRequest {
  // In this order: Node loads its fetch classes when one is first named, and a text needs none.
  const isRequest = typeof input !== "string" && !(input instanceof URL) && input instanceof Request;
  const merged = isRequest ? mergeInit(input, init) : init;
  try {
    return parseInit(isRequest ? input.url : String(input), merged, server);
  } catch (error) {
    discardBody(merged.body);
    throw error;
  }
}
