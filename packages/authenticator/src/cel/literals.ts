import { CelSyntaxError, type Token } from "./lexer.ts";
import { CelUint, type CelValue } from "./values.ts";

const maxInt = 2n ** 63n - 1n;
const maxUint = 2n ** 64n - 1n;

/** The value of an integer token with its sign. Throws `CelSyntaxError` when it has more than 64 bits. */
function parseInt64(token: Token, negative: boolean): bigint {
  const size = BigInt(token.text);
  const value = negative ? -size : size;
  if (value > maxInt || value < -maxInt - 1n) throw new CelSyntaxError("invalid int literal", token.offset);
  return value;
}

/** The value of an unsigned token. Throws `CelSyntaxError` when it has more than 64 bits. */
function parseUint64(token: Token): CelUint {
  const value = BigInt(token.text.slice(0, -1));
  if (value > maxUint) throw new CelSyntaxError("invalid uint literal", token.offset);
  return new CelUint(value);
}

/** The value of a double token. Throws `CelSyntaxError` when it is out of range. */
function parseDouble(token: Token, negative: boolean): number {
  const value = Number(token.text);
  if (!Number.isFinite(value)) throw new CelSyntaxError("invalid double literal", token.offset);
  return negative ? -value : value;
}

const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '"': 34,
  "'": 39,
  "\\": 92,
  "?": 63,
  "`": 96,
};

interface Quoted {
  readonly content: string;
  readonly raw: boolean;
}

function unquote(text: string): Quoted {
  const raw = /^[rR]/.test(text);
  const quoted = (raw ? text.slice(1) : text).replaceAll(/\r\n?/g, "\n");
  const width = quoted.length >= 6 && /^("""|''')/.test(quoted) ? 3 : 1;
  return { content: quoted.slice(width, -width), raw };
}

// The code of an escape (without its backslash) and how many characters it takes; the lexer has seen that it is whole.
function readEscape(content: string, at: number): { code: number; length: number; isByte: boolean } {
  const letter = content[at] ?? "";
  const simple = simpleEscapes[letter];
  if (simple !== undefined) return { code: simple, length: 1, isByte: false };
  if (letter >= "0" && letter <= "3") return { code: Number.parseInt(content.slice(at, at + 3), 8), length: 3, isByte: true };
  const digits = { x: 2, X: 2, u: 4, U: 8 }[letter] ?? 0;
  const code = Number.parseInt(content.slice(at + 1, at + 1 + digits), 16);
  return { code, length: digits + 1, isByte: digits === 2 };
}

function isScalar(code: number): boolean {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

/** The text of a string token. Throws `CelSyntaxError` for an escape that is no Unicode scalar value. */
function parseString(token: Token): string {
  const { content, raw } = unquote(token.text);
  if (raw || !content.includes("\\")) return content;
  return content.replaceAll(/\\(u.{4}|U.{8}|[xX]..|[0-3]..|[^])/g, (match) => {
    const { code } = readEscape(match, 1);
    if (!isScalar(code)) throw new CelSyntaxError("invalid unicode code point", token.offset);
    return String.fromCodePoint(code);
  });
}

/** The bytes of a bytes token: text as UTF-8, `\xff` and `\377` as one byte. Throws `CelSyntaxError` for `\u`. */
function parseBytes(token: Token): Uint8Array {
  const { content, raw } = unquote(token.text.slice(1));
  if (raw) return new TextEncoder().encode(content);
  const parts: number[] = [];
  let offset = 0;
  while (offset < content.length) {
    const character = String.fromCodePoint(content.codePointAt(offset) ?? 0);
    if (character === "\\") {
      const { code, length } = readEscape(content, offset + 1);
      if (length === 5 || length === 9) throw new CelSyntaxError("unable to unescape string", token.offset);
      parts.push(code);
      offset += length + 1;
    } else {
      parts.push(...new TextEncoder().encode(character));
      offset += character.length;
    }
  }
  return Uint8Array.from(parts);
}

const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/** The value of a literal token, or `undefined` when it is none. Throws `CelSyntaxError` for one out of range. */
export function literalValue(token: Token, negative: boolean): CelValue | undefined {
  switch (token.kind) {
    case "int":
      return parseInt64(token, negative);
    case "double":
      return parseDouble(token, negative);
    case "uint":
      return parseUint64(token);
    case "string":
      return parseString(token);
    case "bytes":
      return parseBytes(token);
    default:
      return Object.hasOwn(words, token.text) ? words[token.text] : undefined;
  }
}
