import { parseAddress } from "./ip-address.ts";
import { escapeBytes, findEscapeProblem, fromByteText, toByteText, unescapeBytes, type UrlPart } from "./percent-encoding.ts";

/** A URL as Go's net/url takes it apart. All texts are one character per byte until they are shown. */
export interface GoUrl {
  /** In lower case; `""` when there is none. */
  readonly scheme: string;
  readonly opaque: string;
  /** User name and password, escaped. */
  readonly user: string | undefined;
  /** With its port, escapes undone. */
  readonly host: string;
  /** Whether there is a `//`. */
  readonly hasAuthority: boolean;
  /** As written. */
  readonly path: string;
  readonly query: string | undefined;
  /** As written. */
  readonly fragment: string;
}

/** A URL, or why Go refuses it, in its words. */
export type GoUrlResult = { readonly kind: "url"; readonly url: GoUrl } | { readonly kind: "invalid"; readonly reason: string };

class InvalidUrl extends Error {}

function unescape(bytes: string, part: UrlPart): string {
  const problem = findEscapeProblem(bytes, part);
  if (problem !== undefined) throw new InvalidUrl(problem);
  return unescapeBytes(bytes, part) ?? "";
}

function requirePort(port: string): void {
  if (!/^(?::[0-9]*)?$/.test(port)) throw new InvalidUrl(`invalid port ${JSON.stringify(fromByteText(port))} after host`);
}

// `[::1]:80`, `[fe80::1%25eth0]`.
function parseLiteral(host: string): string {
  const close = host.lastIndexOf("]");
  if (close < 0) throw new InvalidUrl("missing ']' in host");
  const port = host.slice(close + 1);
  requirePort(port);
  const inside = host.slice(1, close);
  const zone = inside.indexOf("%25");
  const name = unescape(zone < 0 ? inside : inside.slice(0, zone), "host") + (zone < 0 ? "" : unescape(inside.slice(zone), "zone"));
  requireVersion6(name);
  return `[${name}]${port}`;
}

function requireVersion6(text: string): void {
  const percent = text.indexOf("%");
  const address = parseAddress(percent < 0 ? text : text.slice(0, percent));
  const hasEmptyZone = percent === text.length - 1;
  if (address === undefined || (percent >= 0 && (hasEmptyZone || address.width === 32))) throw new InvalidUrl("invalid host");
  if (address.width === 32) throw new InvalidUrl("invalid IP-literal");
}

function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf("[");
  if (open > 0) throw new InvalidUrl("invalid IP-literal");
  if (open === 0) return parseLiteral(host);
  // Several colons are an error for http, and part of the host for everything else.
  const isStrict = scheme === "http" || scheme === "https";
  const colon = isStrict ? host.indexOf(":") : host.lastIndexOf(":");
  if (colon >= 0) requirePort(host.slice(colon));
  return unescape(host, "host");
}

function parseUser(text: string): string {
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text)) throw new InvalidUrl("net/url: invalid userinfo");
  const [name = "", ...rest] = text.split(":");
  const parts = [name, ...(rest.length === 0 ? [] : [rest.join(":")])];
  return parts.map((part) => escapeBytes(unescape(part, "user"), "user")).join(":");
}

interface Authority {
  readonly user: string | undefined;
  readonly host: string;
}

function parseAuthority(scheme: string, text: string): Authority {
  const at = text.lastIndexOf("@");
  const host = parseHost(scheme, text.slice(at + 1));
  return { user: at < 0 ? undefined : parseUser(text.slice(0, at)), host };
}

function cut(text: string, separator: string): readonly [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

type Rest = Omit<GoUrl, "scheme" | "query" | "fragment">;

const nothing: Rest = { opaque: "", user: undefined, host: "", hasAuthority: false, path: "" };

function parsePath(path: string, before: Rest): Rest {
  unescape(path, "path");
  return { ...before, path };
}

function parseHierarchy(scheme: string, rest: string): Rest {
  const slash = rest.indexOf("/", 2);
  const authority = parseAuthority(scheme, rest.slice(2, slash < 0 ? undefined : slash));
  return parsePath(slash < 0 ? "" : rest.slice(slash), { ...nothing, ...authority, hasAuthority: true });
}

// What follows the scheme, up to the query.
function parseRest(scheme: string, rest: string, isRequest: boolean): Rest {
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...nothing, opaque: rest };
    if (isRequest) throw new InvalidUrl("invalid URI for request");
    if (cut(rest, "/")[0].includes(":")) throw new InvalidUrl("first path segment in URL cannot contain colon");
    return parsePath(rest, nothing);
  }
  const mayHaveAuthority = scheme !== "" || (!isRequest && !rest.startsWith("///"));
  return mayHaveAuthority && rest.startsWith("//") ? parseHierarchy(scheme, rest) : parsePath(rest, nothing);
}

function parseMain(main: string, isRequest: boolean): Omit<GoUrl, "fragment"> {
  if (/[\x00-\x1f\x7f]/.test(main)) throw new InvalidUrl("net/url: invalid control character in URL");
  if (main === "" && isRequest) throw new InvalidUrl("empty url");
  if (main === "*") return { ...nothing, scheme: "", query: undefined, path: "*" };
  if (main.startsWith(":")) throw new InvalidUrl("missing protocol scheme");
  const scheme = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(main)?.[1] ?? "";
  const [rest, query] = cut(scheme === "" ? main : main.slice(scheme.length + 1), "?");
  return { scheme: scheme.toLowerCase(), query, ...parseRest(scheme.toLowerCase(), rest, isRequest) };
}

/** What is wrong with a text that is being read, in Go's words. */
function attempt<T>(text: string, read: () => T): T | { readonly kind: "invalid"; readonly reason: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidUrl) return { kind: "invalid", reason: `parse ${JSON.stringify(fromByteText(text))}: ${error.message}` };
    throw error;
  }
}

/** What Go's `url.Parse` makes of a text. Never throws. */
export function parseGoUrl(text: string): GoUrlResult {
  const bytes = toByteText(text);
  const [before, fragment = ""] = cut(bytes, "#");
  const main = attempt(before, () => parseMain(before, false));
  if ("kind" in main) return main;
  return attempt(bytes, () => {
    unescape(fragment, "fragment");
    return { kind: "url", url: { ...main, fragment } };
  });
}

/** What Go's `url.ParseRequestURI` makes of a text: absolute or with a slash at its beginning, and without a fragment. Never throws. */
export function parseGoRequestUri(text: string): GoUrlResult {
  const bytes = toByteText(text);
  return attempt(bytes, () => ({ kind: "url", url: { ...parseMain(bytes, true), fragment: "" } }));
}

/** The URL of a result; `undefined` when Go refuses it. */
export function findUrlOf(result: GoUrlResult): GoUrl | undefined {
  return result.kind === "url" ? result.url : undefined;
}

/** The path, escaped where it must be. */
export function escapedPath(url: GoUrl): string {
  const isEncoded = /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(url.path);
  return isEncoded ? url.path : escapeBytes(unescapeBytes(url.path, "path") ?? "", "path");
}

function escapedFragment({ fragment }: GoUrl): string {
  const isEncoded = /^[A-Za-z0-9\-_.~$&+,/:;=?@!'()*[\]%]*$/.test(fragment);
  return isEncoded ? fragment : escapeBytes(unescapeBytes(fragment, "fragment") ?? "", "fragment");
}

/** The URL put together again. */
export function formatGoUrl(url: GoUrl): string {
  const scheme = url.scheme === "" ? "" : `${url.scheme}:`;
  const user = url.user === undefined ? "" : `${url.user}@`;
  const isShown = url.hasAuthority && (url.host !== "" || url.path !== "" || url.user !== undefined);
  const authority = isShown ? `//${user}${escapeBytes(url.host, "host")}` : "";
  const path = url.opaque === "" ? authority + escapedPath(url) : url.opaque;
  const query = url.query === undefined ? "" : `?${url.query}`;
  const fragment = url.fragment === "" ? "" : `#${escapedFragment(url)}`;
  return fromByteText(scheme + path + query + fragment);
}
