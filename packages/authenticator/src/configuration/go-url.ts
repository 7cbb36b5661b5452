/** What kube-apiserver looks at in a URL, taken apart by the rules of Go's net/url, which are not those of WHATWG. */
export interface GoUrl {
  readonly scheme: string;
  readonly hasUser: boolean;
  readonly query: string;
  readonly fragment: string;
}

/** A URL, or why Go refuses it. */
export type GoUrlResult = { readonly kind: "url"; readonly url: GoUrl } | { readonly kind: "invalid"; readonly reason: string };

class InvalidUrl extends Error {}

const hexadecimalPair = /^%[0-9A-Fa-f]{2}/;

function judgeEscapes(text: string, isHost: boolean): void {
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at + 1)) {
    const escape = text.slice(at, at + 3);
    const isUsable = hexadecimalPair.test(escape) && !(isHost && escape !== "%25" && Number.parseInt(escape.charAt(1), 16) < 8);
    if (!isUsable) throw new InvalidUrl(`invalid URL escape ${JSON.stringify(escape)}`);
  }
}

// RFC 3986 lets a host hold these; Go adds the quotation marks and angle brackets that browsers send.
const refusedHostCharacter = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u;

function judgeHostText(text: string): void {
  judgeEscapes(text, true);
  const refused = refusedHostCharacter.exec(text)?.[0];
  if (refused !== undefined) throw new InvalidUrl(`invalid character ${JSON.stringify(refused)} in host name`);
}

function judgePort(text: string): void {
  if (!/^(?::[0-9]*)?$/.test(text)) throw new InvalidUrl(`invalid port ${JSON.stringify(text)} after host`);
}

function isIpv6(text: string): boolean {
  const address = text.replace(/%25.+$/, "");
  return /^[0-9A-Fa-f:.]+$/.test(address) && address.includes(":") && URL.canParse(`http://[${address}]/`);
}

function judgeHost(host: string): void {
  const open = host.lastIndexOf("[");
  if (open > 0) throw new InvalidUrl("invalid IP-literal");
  if (open === 0) {
    const close = host.lastIndexOf("]");
    if (close < 0) throw new InvalidUrl("missing ']' in host");
    judgePort(host.slice(close + 1));
    if (!isIpv6(host.slice(1, close))) throw new InvalidUrl("invalid host");
    return;
  }
  const colon = host.indexOf(":");
  if (colon >= 0) judgePort(host.slice(colon));
  judgeHostText(host);
}

const userInformation = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

/** True when the authority names a user. */
function judgeAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  judgeHost(authority.slice(at + 1));
  if (at < 0) return false;
  const user = authority.slice(0, at);
  if (!userInformation.test(user)) throw new InvalidUrl("net/url: invalid userinfo");
  judgeEscapes(user, false);
  return true;
}

function splitScheme(text: string): { readonly scheme: string; readonly rest: string } {
  if (text.startsWith(":")) throw new InvalidUrl("missing protocol scheme");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1];
  return scheme === undefined ? { scheme: "", rest: text } : { scheme: scheme.toLowerCase(), rest: text.slice(scheme.length + 1) };
}

function splitQuery(text: string): { readonly rest: string; readonly query: string } {
  const mark = text.indexOf("?");
  return mark < 0 ? { rest: text, query: "" } : { rest: text.slice(0, mark), query: text.slice(mark + 1) };
}

function judgeRelative(rest: string): void {
  if ((rest.split("/")[0] ?? "").includes(":")) throw new InvalidUrl("first path segment in URL cannot contain colon");
}

function parseWithoutFragment(text: string): Omit<GoUrl, "fragment"> {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new InvalidUrl("net/url: invalid control character in URL");
  if (text === "*") return { scheme: "", hasUser: false, query: "" };
  const { scheme, rest: afterScheme } = splitScheme(text);
  const { rest, query } = splitQuery(afterScheme);
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { scheme, hasUser: false, query };
    judgeRelative(rest);
  }
  const hasAuthority = rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"));
  const [authority = "", ...segments] = hasAuthority ? rest.slice(2).split("/") : ["", rest];
  const hasUser = hasAuthority && judgeAuthority(authority);
  judgeEscapes(segments.join("/"), false);
  return { scheme, hasUser, query };
}

/** Takes a URL apart as Go's `url.Parse` does. Never throws. */
export function parseGoUrl(text: string): GoUrlResult {
  try {
    const mark = text.indexOf("#");
    const fragment = mark < 0 ? "" : text.slice(mark + 1);
    const url = parseWithoutFragment(mark < 0 ? text : text.slice(0, mark));
    judgeEscapes(fragment, false);
    return { kind: "url", url: { ...url, fragment } };
  } catch (error) {
    if (error instanceof InvalidUrl) return { kind: "invalid", reason: `parse ${JSON.stringify(text)}: ${error.message}` };
    throw error;
  }
}
