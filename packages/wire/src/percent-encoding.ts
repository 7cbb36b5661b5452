/** Which part of a URL a text belongs to; each leaves other characters alone. */
export type UrlPart = "path" | "host" | "zone" | "user" | "query" | "fragment";

const unreserved = "A-Za-z0-9\\-_.~";
// What each part leaves unescaped besides letters, digits and - _ . ~ (Go's net/url).
const plain: Readonly<Record<UrlPart, RegExp>> = {
  path: new RegExp(`[^${unreserved}$&+,/:;=@]`, "g"),
  host: new RegExp(`[^${unreserved}!$&'()*+,;=:[\\]<>"]`, "g"),
  zone: new RegExp(`[^${unreserved}!$&'()*+,;=:[\\]<>"]`, "g"),
  user: new RegExp(`[^${unreserved}$&+,;=]`, "g"),
  query: new RegExp(`[^${unreserved}]`, "g"),
  fragment: new RegExp(`[^${unreserved}$&+,/:;=?@!()*]`, "g"),
};

/** A text as one character for each of its UTF-8 bytes. */
export function toByteText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

const sequences =
  /[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([^])/g;

/** The text of bytes; each byte that is not UTF-8 becomes U+FFFD, as Go shows it. */
export function fromByteText(bytes: string): string {
  return bytes.replaceAll(sequences, (match, odd: string | undefined) =>
    odd === undefined ? Buffer.from(match, "latin1").toString("utf8") : "\u{fffd}",
  );
}

/** Bytes with everything escaped that the part does not leave alone. */
export function escapeBytes(bytes: string, part: UrlPart): string {
  return bytes.replaceAll(plain[part], (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

function isPlain(byte: string, part: UrlPart): boolean {
  return escapeBytes(byte, part) === byte;
}

function isEscapeAllowed(escape: string, part: UrlPart): boolean {
  const code = Number.parseInt(escape.slice(1), 16);
  // In a host only other than ASCII characters may be escaped; in a zone whatever may stand there.
  if (part === "host") return code >= 0x80 || escape === "%25";
  return part !== "zone" || escape === "%25" || code === 32 || isPlain(String.fromCharCode(code), "host");
}

function quote(bytes: string): string {
  return JSON.stringify(fromByteText(bytes));
}

function isAllowed(match: string, part: UrlPart): boolean {
  if (match.startsWith("%")) return match.length === 3 && isEscapeAllowed(match, part);
  return match >= "\x80" || isPlain(match, part);
}

/** What is wrong with the escapes of a part, or with the characters of a host, in Go's words; `undefined` when nothing is. */
export function findEscapeProblem(bytes: string, part: UrlPart): string | undefined {
  const pattern = part === "host" || part === "zone" ? /%[0-9a-fA-F]{2}|[^]/g : /%(?:[0-9a-fA-F]{2})?/g;
  for (const { 0: match, index } of bytes.matchAll(pattern)) {
    if (isAllowed(match, part)) continue;
    return match.startsWith("%")
      ? `invalid URL escape ${quote(bytes.slice(index, index + 3))}`
      : `invalid character ${quote(match)} in host name`;
  }
  return undefined;
}

/** Bytes with escapes undone, or `undefined` when one is malformed or not allowed in the part. */
export function unescapeBytes(bytes: string, part: UrlPart): string | undefined {
  if (findEscapeProblem(bytes, part) !== undefined) return undefined;
  return bytes.replaceAll(/%..|\+/gs, (match) => {
    if (match === "+") return part === "query" ? " " : "+";
    return String.fromCharCode(Number.parseInt(match.slice(1), 16));
  });
}
