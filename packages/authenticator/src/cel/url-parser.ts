import { parseAddress } from "./ip-address.ts";
import { escapeBytes, fromByteText, toByteText, unescapeBytes } from "./percent-encoding.ts";

/** A URL in the parts that rules can ask for. All texts are one character per byte until they are shown. */
export interface ParsedUrl {
  readonly scheme: string;
  readonly opaque: string;
  readonly user: string | undefined;
  readonly host: string;
  readonly hasAuthority: boolean;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string;
}

const isPort = /^(?::[0-9]*)?$/;

// `[::1]:80`, `[fe80::1%25eth0]`.
function parseLiteral(host: string): string | undefined {
  const close = host.lastIndexOf("]");
  if (close < 0) return undefined;
  const port = host.slice(close + 1);
  const inside = host.slice(1, close);
  const zone = inside.indexOf("%25");
  const name = unescapeBytes(zone < 0 ? inside : inside.slice(0, zone), "host");
  const zoneName = zone < 0 ? "" : unescapeBytes(inside.slice(zone), "zone");
  if (!isPort.test(port) || name === undefined || zoneName === undefined) return undefined;
  return isIpVersion6(name + zoneName) ? `[${name}${zoneName}]${port}` : undefined;
}

function isIpVersion6(text: string): boolean {
  const percent = text.indexOf("%");
  const hasEmptyZone = percent === text.length - 1;
  const address = parseAddress(percent < 0 ? text : text.slice(0, percent));
  return address?.width === 128 && !(percent >= 0 && hasEmptyZone);
}

function parseHost(scheme: string, host: string): string | undefined {
  const open = host.lastIndexOf("[");
  if (open > 0) return undefined;
  if (open === 0) return parseLiteral(host);
  const first = host.indexOf(":");
  if (first >= 0) {
    // Several colons are an error for http, and part of the host for everything else.
    const isStrict = scheme === "http" || scheme === "https";
    if (!isPort.test(host.slice(isStrict ? first : host.lastIndexOf(":")))) return undefined;
  }
  return unescapeBytes(host, "host");
}

function parseUser(text: string): string | undefined {
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text)) return undefined;
  const [name = "", ...rest] = text.split(":");
  const parts = [name, ...(rest.length === 0 ? [] : [rest.join(":")])].map((part) => unescapeBytes(part, "user"));
  const known = parts.flatMap((part) => (part === undefined ? [] : [escapeBytes(part, "user")]));
  return known.length < parts.length ? undefined : known.join(":");
}

interface Authority {
  readonly user: string | undefined;
  readonly host: string;
}

function parseAuthority(scheme: string, text: string): Authority | undefined {
  const at = text.lastIndexOf("@");
  const host = parseHost(scheme, text.slice(at + 1));
  if (host === undefined) return undefined;
  if (at < 0) return { user: undefined, host };
  const user = parseUser(text.slice(0, at));
  return user === undefined ? undefined : { user, host };
}

function cut(text: string, separator: string): readonly [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

type Rest = Omit<ParsedUrl, "scheme" | "query" | "fragment">;

const nothing: Rest = { opaque: "", user: undefined, host: "", hasAuthority: false, path: "" };

function parsePath(path: string, before: Rest): Rest | undefined {
  return unescapeBytes(path, "path") === undefined ? undefined : { ...before, path };
}

function parseHierarchy(scheme: string, rest: string): Rest | undefined {
  const slash = rest.indexOf("/", 2);
  const authority = parseAuthority(scheme, rest.slice(2, slash < 0 ? undefined : slash));
  if (authority === undefined) return undefined;
  return parsePath(slash < 0 ? "" : rest.slice(slash), { ...nothing, ...authority, hasAuthority: true });
}

// What follows the scheme, up to the query.
function parseRest(scheme: string, rest: string, viaRequest: boolean): Rest | undefined {
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...nothing, opaque: rest };
    const isPath = !viaRequest && !cut(rest, "/")[0].includes(":");
    return isPath ? parsePath(rest, nothing) : undefined;
  }
  const mayHaveAuthority = scheme !== "" || (!viaRequest && !rest.startsWith("///"));
  return mayHaveAuthority && rest.startsWith("//") ? parseHierarchy(scheme, rest) : parsePath(rest, nothing);
}

function isSound(main: string, fragment: string | undefined, viaRequest: boolean): boolean {
  if (/[\x00-\x1f\x7f]/.test(main) || main.startsWith(":") || (viaRequest && main === "")) return false;
  return fragment === undefined || unescapeBytes(fragment, "fragment") !== undefined;
}

/**
 * A URL as Go's `net/url` reads it, or `undefined`. With `viaRequest` it must be absolute or begin with a slash, and
 * a fragment is part of the path.
 */
export function parseUrl(text: string, viaRequest: boolean): ParsedUrl | undefined {
  const bytes = toByteText(text);
  const [main, fragment] = viaRequest ? [bytes, undefined] : cut(bytes, "#");
  if (!isSound(main, fragment, viaRequest)) return undefined;
  const scheme = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(main)?.[1] ?? "";
  const [rest, query] = cut(scheme === "" ? main : main.slice(scheme.length + 1), "?");
  const parts = parseRest(scheme.toLowerCase(), rest, viaRequest && main !== "*");
  return parts && { scheme: scheme.toLowerCase(), query, fragment: fragment ?? "", ...parts };
}

/** The path, escaped where it must be. */
export function escapedPath(url: ParsedUrl): string {
  const isEncoded = /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(url.path);
  return isEncoded ? url.path : escapeBytes(unescapeBytes(url.path, "path") ?? "", "path");
}

function escapedFragment({ fragment }: ParsedUrl): string {
  const isEncoded = /^[A-Za-z0-9\-_.~$&+,/:;=?@!'()*[\]%]*$/.test(fragment);
  return isEncoded ? fragment : escapeBytes(unescapeBytes(fragment, "fragment") ?? "", "fragment");
}

/** The URL put together again. */
export function formatUrl(url: ParsedUrl): string {
  const scheme = url.scheme === "" ? "" : `${url.scheme}:`;
  const user = url.user === undefined ? "" : `${url.user}@`;
  const isShown = url.hasAuthority && (url.host !== "" || url.path !== "" || url.user !== undefined);
  const authority = isShown ? `//${user}${escapeBytes(url.host, "host")}` : "";
  const path = url.opaque === "" ? authority + escapedPath(url) : url.opaque;
  const query = url.query === undefined ? "" : `?${url.query}`;
  const fragment = url.fragment === "" ? "" : `#${escapedFragment(url)}`;
  return fromByteText(scheme + path + query + fragment);
}
