import { findUrlOf, formatGoUrl, parseGoRequestUri, parseGoUrl } from "@kubepass/wire";

/** A server's address as client-go keeps it: without a query when it has a path. */
export function cleanServer(server: string): string {
  const url = findUrlOf(parseGoRequestUri(server));
  if (url === undefined || url.opaque !== "" || url.path.length <= 1) return server;
  // Go keeps a question mark that nothing follows.
  return formatGoUrl({ ...url, query: url.query === "" ? "" : undefined });
}

/** Whether credentials, authorities and server names are for this server: only when it says `https://`, as in client-go. */
export function isSecureServer(server: string): boolean {
  const url = findUrlOf(parseGoUrl(server));
  return url?.scheme === "https" && url.host !== "";
}

/** Why a `proxy-url` cannot be used, in client-go's words; `undefined` when it can. `shown` stands for the text in them. */
export function judgeProxyUrl(text: string, shown: string): string | undefined {
  const url = findUrlOf(parseGoUrl(text));
  if (url === undefined) return `could not parse: ${shown}`;
  if (["http", "https", "socks5"].includes(url.scheme)) return undefined;
  return `unsupported scheme ${JSON.stringify(url.scheme)}, must be http, https, or socks5`;
}
