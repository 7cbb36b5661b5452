import { CredentialError, Secret } from "@kubepass/wire";
import { isLoopbackAddress, parseNoProxy } from "./no-proxy.ts";
import { findUrl, hostOf, portOf } from "./url-parts.ts";

/** A proxy of the environment or of a kubeconfig. Its address may be shown; user name and password may not. */
export interface Proxy {
  readonly scheme: "http" | "https" | "socks5";
  readonly host: string;
  readonly port: number;
  readonly credentials?: { readonly user: string; readonly password: Secret } | undefined;
}

/** The variables of a process. */
export type Variables = Readonly<Record<string, string | undefined>>;

const schemes = {
  "http:": { scheme: "http", port: 80 },
  "https:": { scheme: "https", port: 443 },
  "socks5:": { scheme: "socks5", port: 1080 },
  // The name is always resolved by the proxy, as in Go.
  "socks5h:": { scheme: "socks5", port: 1080 },
} as const;

function findVariable(variables: Variables, name: string): string | undefined {
  return variables[name] || variables[name.toLowerCase()] || undefined;
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The proxy of a URL that stands in a variable or setting of that name. Throws `PROXY_FAILED` for what is none. */
export function parseProxyUrl(text: string, variable: string): Proxy {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = findUrl(hasScheme ? text : `http://${text}`);
  const known = Object.entries(schemes).find(([protocol]) => protocol === url?.protocol)?.[1];
  if (url === undefined || known === undefined || url.hostname === "") {
    // The text is not shown: it may hold a password.
    throw new CredentialError("PROXY_FAILED", `${variable} is not the URL of an http, https or socks5 proxy`, {
      hint: `set ${variable} to a URL such as http://proxy.example:3128, or unset it`,
    });
  }
  return {
    scheme: known.scheme,
    host: hostOf(url),
    port: url.port === "" ? known.port : Number(url.port),
    credentials:
      url.username === "" && url.password === ""
        ? undefined
        : { user: decodeText(url.username), password: new Secret(decodeText(url.password)) },
  };
}

/**
 * The proxy for a URL by the rules of Go's `http.ProxyFromEnvironment`: `HTTPS_PROXY` or `HTTP_PROXY` by the URL's
 * scheme (upper case before lower case), `NO_PROXY`, never for loopback. `ALL_PROXY` is not read, as in Go.
 * Throws `PROXY_FAILED` for a proxy URL that cannot be used, and for `HTTP_PROXY` inside a CGI program.
 */
export function selectProxy(url: URL, variables: Variables): Proxy | undefined {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const text = findVariable(variables, name);
  if (text === undefined) return undefined;
  if (name === "HTTP_PROXY" && variables["REQUEST_METHOD"]) {
    // In a CGI program anybody sets HTTP_PROXY by sending a header named Proxy.
    throw new CredentialError("PROXY_FAILED", "HTTP_PROXY is not used in a CGI environment (REQUEST_METHOD is set)", {
      hint: "unset HTTP_PROXY or REQUEST_METHOD",
    });
  }
  const host = hostOf(url).toLowerCase();
  if (host === "localhost" || isLoopbackAddress(host)) return undefined;
  if (parseNoProxy(findVariable(variables, "NO_PROXY") ?? "")(host, portOf(url))) return undefined;
  return parseProxyUrl(text, name);
}
