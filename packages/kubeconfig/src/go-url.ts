/** A URL as Go's net/url takes it apart. */
export interface GoUrl {
  /** In lower case; `""` when there is none. */
  readonly scheme: string;
  readonly opaque: string;
  /** With user name and port; absent when there is no `//`. */
  readonly authority?: string | undefined;
  readonly host: string;
  /** As written. */
  readonly path: string;
}

const badEscape = /%(?![0-9a-fA-F]{2})/;
const validUserinfo = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
// What Go leaves as it is in a host; more than RFC 3986 allows.
const validHost = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"]|[^\u0000-\u007f]|%[89a-fA-F][0-9a-fA-F])*$/;

function isPort(text: string): boolean {
  return text === "" || /^:[0-9]*$/.test(text);
}

function isIpv6(text: string): boolean {
  const [address, ...zone] = text.split("%25");
  if (zone.length > 0 && zone.join("%25") === "") return false;
  return URL.canParse(`http://[${address}]/`);
}

function isHost(host: string, scheme: string): boolean {
  const bracket = host.lastIndexOf("[");
  if (bracket > 0) return false;
  if (bracket === 0) {
    const end = host.lastIndexOf("]");
    return end > 0 && isPort(host.slice(end + 1)) && isIpv6(host.slice(1, end));
  }
  const isStrict = scheme === "http" || scheme === "https";
  const colon = isStrict ? host.indexOf(":") : host.lastIndexOf(":");
  return (colon < 0 || isPort(host.slice(colon))) && validHost.test(host);
}

function splitScheme(text: string): { readonly scheme: string; readonly rest: string } | undefined {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (found !== null) return { scheme: (found[1] ?? "").toLowerCase(), rest: text.slice(found[0].length) };
  return text.startsWith(":") ? undefined : { scheme: "", rest: text };
}

function splitAuthority(rest: string): { readonly authority: string; readonly path: string } {
  const slash = rest.indexOf("/", 2);
  return slash < 0 ? { authority: rest.slice(2), path: "" } : { authority: rest.slice(2, slash), path: rest.slice(slash) };
}

function splitUserinfo(authority: string): { readonly userinfo: string; readonly host: string } {
  const at = authority.lastIndexOf("@");
  return { userinfo: authority.slice(0, Math.max(at, 0)), host: authority.slice(at + 1) };
}

function parseHierarchy(scheme: string, rest: string): GoUrl | undefined {
  const hasAuthority = rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"));
  const { authority, path } = hasAuthority ? splitAuthority(rest) : { authority: undefined, path: rest };
  const { userinfo, host } = splitUserinfo(authority ?? "");
  if (!validUserinfo.test(userinfo) || badEscape.test(userinfo) || badEscape.test(path) || !isHost(host, scheme)) return undefined;
  return { scheme, opaque: "", authority, host, path };
}

function parse(text: string, isRequest: boolean): GoUrl | undefined {
  if (/[\u0000-\u001f\u007f]/.test(text)) return undefined;
  const split = splitScheme(text);
  if (split === undefined) return undefined;
  const { scheme } = split;
  const rest = split.rest.split("?", 1)[0] ?? "";
  if (rest.startsWith("/")) return parseHierarchy(scheme, rest);
  if (scheme !== "") return { scheme, opaque: rest, host: "", path: "" };
  const isRelative = !(rest.split("/", 1)[0] ?? "").includes(":");
  return isRequest || !isRelative || badEscape.test(rest) ? undefined : { scheme, opaque: "", host: "", path: rest };
}

/** What Go's `url.Parse` makes of a text; `undefined` where it fails. */
export function parseGoUrl(text: string): GoUrl | undefined {
  const [before, ...fragment] = text.split("#");
  return badEscape.test(fragment.join("#")) ? undefined : parse(before ?? "", false);
}

function escapePath(path: string): string {
  if (/^[A-Za-z0-9\-._~/!$&'()*+,;=:@[\]%]*$/.test(path)) return path;
  const bytes = Buffer.from(
    path.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    "utf8",
  );
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~$&+,/:;=@]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

/** A server's address as client-go keeps it: without a query when it has a path. */
export function cleanServer(server: string): string {
  const url = parse(server, true);
  if (url === undefined || url.opaque !== "" || url.path.length <= 1) return server;
  const prefix = url.scheme === "" ? "" : `${url.scheme}:`;
  return `${prefix}${url.authority === undefined ? "" : `//${url.authority}`}${escapePath(url.path)}`;
}

/** Whether credentials, authorities and server names are for this server: only when it says `https://`, as in client-go. */
export function isSecureServer(server: string): boolean {
  const url = parseGoUrl(server);
  return url?.scheme === "https" && url.host !== "";
}

/** Why a `proxy-url` cannot be used, in client-go's words; `undefined` when it can. `shown` stands for the text in them. */
export function judgeProxyUrl(text: string, shown: string): string | undefined {
  const url = parseGoUrl(text);
  if (url === undefined) return `could not parse: ${shown}`;
  if (["http", "https", "socks5"].includes(url.scheme)) return undefined;
  return `unsupported scheme ${JSON.stringify(url.scheme)}, must be http, https, or socks5`;
}
