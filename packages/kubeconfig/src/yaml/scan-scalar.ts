import { Beyond } from "./beyond.ts";
import { resolvePlainScalar } from "./plain-scalar.ts";

const plainKey = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
// YAML looks no further for the colon; a longer key is an error there.
const maxKeyLength = 1000;
// What must not begin a plain scalar here; some of it may in YAML, and is left to the other parser.
const indicators = new Set(",[]{}#&*!|>'\"%@`<");
// These begin one only when more follows at once, as in `--flag`.
const weakIndicators = /^[-?:](?:[ \t]|$)/;
const jsonEscapes = /^"(?:[^"\\]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*"$/;

/** A text without blanks at its end. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t" || text[end - 1] === "\r")) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

/** A text without blanks at its start. */
export function trimStart(text: string): string {
  let start = 0;
  while (text[start] === " " || text[start] === "\t") start += 1;
  return start === 0 ? text : text.slice(start);
}

/** A text without what follows ` #`. */
export function withoutComment(text: string): string {
  // Certificates are long, and nearly no line has a comment.
  if (!text.includes("#")) return text;
  const at = text.search(/[ \t]#/);
  return at < 0 ? text : trimEnd(text.slice(0, at));
}

/** Throws {@link Beyond} unless nothing or a comment follows a value that is complete. */
export function requireEnd(rest: string): void {
  if (rest !== "" && !/^[ \t]+#/.test(rest)) throw new Beyond();
}

/** Whether a text holds what ends a plain scalar: `: ` or ` #`. */
function hasMark(text: string): boolean {
  return text.includes(": ") || text.includes(":\t") || text.includes(" #") || text.includes("\t#");
}

/** A plain scalar of one line. Throws {@link Beyond}. */
export function parsePlain(text: string): string {
  if (text === "" || indicators.has(text.charAt(0)) || weakIndicators.test(text) || text.endsWith(":") || hasMark(text)) throw new Beyond();
  return text;
}

/** A plain key, which must be text. Throws {@link Beyond}. */
export function parsePlainKey(text: string): string {
  if (text.length > maxKeyLength || !plainKey.test(text) || typeof resolvePlainScalar(text) !== "string") throw new Beyond();
  return text;
}

/** What begins a text, and what follows it. */
export interface Scanned<T> {
  readonly value: T;
  readonly rest: string;
}

/** The quoted scalar that a text begins with, if it ends on its own line. Throws {@link Beyond}. */
export function scanQuoted(text: string): Scanned<string> {
  const quote = text.charAt(0);
  const closed = quote === '"' ? /^"(?:[^"\\]|\\.)*"/.exec(text) : /^'(?:[^']|'')*'/.exec(text);
  if (closed === null) throw new Beyond();
  const [whole] = closed;
  const rest = text.slice(whole.length);
  if (quote === "'") return { value: whole.slice(1, -1).replaceAll("''", "'"), rest };
  if (!whole.includes("\\")) return { value: whole.slice(1, -1), rest };
  if (!jsonEscapes.test(whole)) throw new Beyond();
  const value: unknown = JSON.parse(whole.replaceAll("\t", "\\t"));
  return { value: typeof value === "string" ? value : "", rest };
}

function isQuoted(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === 34 || first === 39;
}

/** Where the key ends that a line of a block mapping begins with: at its colon; -1 where the line is no mapping's. Throws {@link Beyond}. */
export function findKeyEnd(text: string): number {
  const colon = isQuoted(text) ? findQuotedEnd(text) : text.indexOf(":");
  return colon >= 0 && (colon + 1 === text.length || text.charCodeAt(colon + 1) === 32) ? colon : -1;
}

function findQuotedEnd(text: string): number {
  const { rest } = scanQuoted(text);
  const length = text.length - rest.length;
  return rest.startsWith(":") && length <= maxKeyLength ? length : -1;
}

/** A key as it stands before its colon. Throws {@link Beyond}. */
export function parseKey(text: string): string {
  return isQuoted(text) ? scanQuoted(text).value : parsePlainKey(text);
}
