import type { JsonValue } from "@kubepass/wire";
import { setMember, toJsonScalar } from "./parse-yaml.ts";
import { resolvePlainScalar } from "./plain-scalar.ts";

type Members = Record<string, JsonValue>;

/** Thrown inside, never outside: this text needs the whole of YAML. */
class Beyond extends Error {}

const maxDepth = 100;
const plainKey = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
// What must not begin a plain scalar here; some of it may in YAML, and is left to the other parser.
const indicators = new Set(",[]{}#&*!|>'\"%@`<");
// These begin one only when more follows at once, as in `--flag`.
const weakIndicators = /^[-?:](?:[ \t]|$)/;
const jsonEscapes = /^"(?:[^"\\]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*"$/;

interface Line {
  readonly indent: number;
  /** Without indentation and trailing blanks; never empty. */
  readonly text: string;
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t" || text[end - 1] === "\r")) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

/** Reads lines one after the other, without comments and blank lines, until the end of the first document. */
class Lines {
  readonly #text: string;
  #position = 0;
  #current: Line | undefined;
  #isStarted = false;
  /** Whether blank lines or comments stood before the current line: continuations do not cross them here. */
  hasGap = false;

  constructor(text: string) {
    this.#text = text;
    this.next();
  }

  get current(): Line | undefined {
    return this.#current;
  }

  next(): void {
    this.hasGap = false;
    for (;;) {
      if (this.#position >= this.#text.length) {
        this.#current = undefined;
        return;
      }
      const end = this.#text.indexOf("\n", this.#position);
      const stop = end < 0 ? this.#text.length : end;
      const line = this.#readLine(this.#position, stop);
      this.#position = stop + 1;
      if (line === undefined) {
        this.hasGap = true;
        continue;
      }
      if (this.#isMarker(line)) {
        if (this.#current === undefined) return;
        continue;
      }
      this.#isStarted = true;
      this.#current = line;
      return;
    }
  }

  /** True for `---` and `...`; the end of the first document ends everything. */
  #isMarker(line: Line): boolean {
    if (line.indent !== 0 || !/^(?:---|\.\.\.)/.test(line.text)) return false;
    if (line.text !== "---" || this.#isStarted) {
      if (!/^(?:---|\.\.\.)(?:\s|$)/.test(line.text)) return false;
      if (!this.#isStarted) throw new Beyond();
      this.#current = undefined;
      this.#position = this.#text.length;
      return true;
    }
    this.#isStarted = true;
    this.#current = line;
    return true;
  }

  #readLine(start: number, stop: number): Line | undefined {
    let at = start;
    while (at < stop && this.#text.charCodeAt(at) === 32) at += 1;
    if (at === stop) return undefined;
    const first = this.#text.charCodeAt(at);
    if (first === 35 || (first === 13 && at + 1 === stop)) return undefined;
    if (first === 9 || (first === 37 && at === start)) throw new Beyond();
    return { indent: at - start, text: trimEnd(this.#text.slice(at, stop)) };
  }
}

function trimStart(text: string): string {
  let start = 0;
  while (text[start] === " " || text[start] === "\t") start += 1;
  return start === 0 ? text : text.slice(start);
}

/** A text without what follows ` #`. */
function withoutComment(text: string): string {
  // Certificates are long, and nearly no line has a comment.
  if (!text.includes("#")) return text;
  const at = text.search(/[ \t]#/);
  return at < 0 ? text : trimEnd(text.slice(0, at));
}

/** Whether a text holds what ends a plain scalar: `: ` or ` #`. */
function hasMark(text: string): boolean {
  return text.includes(": ") || text.includes(":\t") || text.includes(" #") || text.includes("\t#");
}

function parsePlain(text: string): string {
  if (text === "" || indicators.has(text.charAt(0)) || weakIndicators.test(text) || text.endsWith(":") || hasMark(text)) throw new Beyond();
  return text;
}

/** A quoted scalar that ends on its own line. */
function parseQuoted(text: string): string {
  const quote = text.charAt(0);
  const closed = quote === '"' ? /^"(?:[^"\\]|\\.)*"/.exec(text) : /^'(?:[^']|'')*'/.exec(text);
  if (closed === null) throw new Beyond();
  const rest = text.slice(closed[0].length);
  if (rest !== "" && !/^[ \t]+#/.test(rest)) throw new Beyond();
  if (quote === "'") return closed[0].slice(1, -1).replaceAll("''", "'");
  if (!closed[0].includes("\\")) return closed[0].slice(1, -1);
  if (!jsonEscapes.test(closed[0])) throw new Beyond();
  const value: unknown = JSON.parse(closed[0].replaceAll("\t", "\\t"));
  return typeof value === "string" ? value : "";
}

/** The length of the key before `: `, or -1 where the line is no mapping entry. */
function findKeyEnd(text: string): number {
  const colon = text.indexOf(":");
  if (colon < 0) return -1;
  return colon + 1 === text.length || text[colon + 1] === " " ? colon : -1;
}

class BlockReader {
  readonly #lines: Lines;

  constructor(text: string) {
    this.#lines = new Lines(text);
  }

  readDocument(): JsonValue {
    const line = this.#lines.current;
    if (line === undefined) return null;
    const value = this.#readNode(line.indent, 0);
    if (this.#lines.current !== undefined) throw new Beyond();
    return value;
  }

  #readNode(indent: number, depth: number): JsonValue {
    const line = this.#lines.current;
    if (line === undefined || depth > maxDepth) throw new Beyond();
    return line.text === "-" || line.text.startsWith("- ") ? this.#readSequence(indent, depth) : this.#readMapping(indent, depth, line);
  }

  #readMapping(indent: number, depth: number, first: Line): JsonValue {
    const members: Members = {};
    for (let line: Line | undefined = first; line !== undefined && line.indent >= indent; line = this.#lines.current) {
      if (line.indent !== indent) throw new Beyond();
      const end = findKeyEnd(line.text);
      const key = end < 0 ? "" : line.text.slice(0, end);
      if (!plainKey.test(key) || typeof resolvePlainScalar(key) !== "string") {
        // A sequence may end a mapping's entry on the same column, and only there.
        throw new Beyond();
      }
      setMember(members, key, this.#readValue(trimStart(line.text.slice(end + 1)), indent, depth, true));
    }
    return members;
  }

  #readSequence(indent: number, depth: number): JsonValue {
    const items: JsonValue[] = [];
    for (let line = this.#lines.current; line !== undefined && line.indent >= indent; line = this.#lines.current) {
      if (line.indent !== indent) throw new Beyond();
      if (line.text !== "-" && !line.text.startsWith("- ")) break;
      const rest = trimStart(line.text.slice(1));
      if (rest === "-" || rest.startsWith("- ")) throw new Beyond();
      const inner = indent + line.text.length - rest.length;
      const isMapping = !/^["'[{&*!|>#%@`]/.test(rest) && findKeyEnd(withoutComment(rest)) >= 0;
      items.push(
        isMapping ? this.#readMapping(inner, depth + 1, { indent: inner, text: rest }) : this.#readValue(rest, indent, depth, false),
      );
    }
    return items;
  }

  /** What stands after `key:` or `-`, and on the lines that belong to it. Moves on to the line after. */
  #readValue(rest: string, indent: number, depth: number, mayBeLevelSequence: boolean): JsonValue {
    this.#lines.next();
    if (rest === "" || rest.startsWith("#")) return this.#readNested(indent, depth, mayBeLevelSequence);
    const first = rest.charAt(0);
    if (first === '"' || first === "'") return this.#closed(parseQuoted(rest), indent);
    if (first === "[" || first === "{") return this.#closed(this.#readEmpty(withoutComment(rest)), indent);
    const text = withoutComment(rest);
    return toJsonScalar(resolvePlainScalar(this.#readContinuation(parsePlain(text), indent, text !== rest)));
  }

  #readEmpty(text: string): JsonValue {
    if (text === "{}") return {};
    if (text === "[]") return [];
    throw new Beyond();
  }

  #readNested(indent: number, depth: number, mayBeLevelSequence: boolean): JsonValue {
    const line = this.#lines.current;
    if (line === undefined || line.indent < indent) return null;
    if (line.indent > indent) return this.#isNode(line) ? this.#readNode(line.indent, depth + 1) : this.#readLoneScalar(line, indent);
    const isSequence = line.text === "-" || line.text.startsWith("- ");
    return mayBeLevelSequence && isSequence ? this.#readSequence(indent, depth + 1) : null;
  }

  #isNode(line: Line): boolean {
    return line.text === "-" || line.text.startsWith("- ") || findKeyEnd(withoutComment(line.text)) >= 0;
  }

  #readLoneScalar(line: Line, indent: number): JsonValue {
    return this.#readValue(line.text, indent, maxDepth, false);
  }

  /** Nothing deeper may follow what is complete on its line. */
  #closed<T>(value: T, indent: number): T {
    const line = this.#lines.current;
    if (line !== undefined && line.indent > indent) throw new Beyond();
    return value;
  }

  /** A plain scalar goes on over deeper lines; each line break is one space. */
  #readContinuation(start: string, indent: number, endsWithComment: boolean): string {
    let text = start;
    for (let line = this.#lines.current; line !== undefined && line.indent > indent; line = this.#lines.current) {
      if (this.#lines.hasGap || endsWithComment || /:(?:[ \t]|$)|[ \t]#/.test(line.text)) throw new Beyond();
      text += ` ${line.text}`;
      this.#lines.next();
    }
    return text;
  }
}

/**
 * The first document of a YAML text, when it is written the way kubeconfigs are: block mappings and sequences, plain and
 * quoted scalars, comments. `undefined` when the text needs more of YAML, or is none; {@link parseYaml} decides then.
 */
export function scanBlockYaml(text: string): JsonValue | undefined {
  // Line breaks that YAML 1.1 knows and this does not.
  if (/[\u0085\u2028\u2029]|\r(?!\n)/.test(text)) return undefined;
  try {
    return new BlockReader(text.startsWith("\ufeff") ? text.slice(1) : text).readDocument();
  } catch (error) {
    if (error instanceof Beyond) return undefined;
    throw error;
  }
}
