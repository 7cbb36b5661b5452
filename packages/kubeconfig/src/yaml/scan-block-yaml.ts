import type { JsonValue } from "@kubepass/wire";
import { Beyond, maxScannedDepth } from "./beyond.ts";
import { setMember, toJsonScalar } from "./json-value.ts";
import { type Line, Lines } from "./lines.ts";
import { parseLiteralHeader } from "./literal-scalar.ts";
import { resolvePlainScalar } from "./plain-scalar.ts";
import { parseFlow } from "./scan-flow.ts";
import { findKeyEnd, parseKey, parsePlain, requireEnd, scanQuoted, trimStart, withoutComment } from "./scan-scalar.ts";

function isItem(text: string): boolean {
  return text === "-" || text.startsWith("- ");
}

/** Whether a line, or what follows its dash, is an entry of a mapping. */
function isEntry(text: string): boolean {
  return !/^[[{&*!|>#%@`]/.test(text) && findKeyEnd(/^["']/.test(text) ? text : withoutComment(text)) >= 0;
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
    if (line === undefined || depth > maxScannedDepth) throw new Beyond();
    return isItem(line.text) ? this.#readSequence(indent, depth) : this.#readMapping(indent, depth, line);
  }

  #readMapping(indent: number, depth: number, first: Line): JsonValue {
    const members: Record<string, JsonValue> = {};
    for (let line: Line | undefined = first; line !== undefined && line.indent >= indent; line = this.#lines.current) {
      if (line.indent !== indent) throw new Beyond();
      const end = findKeyEnd(line.text);
      // A sequence may end a mapping's entry on the same column, and only there.
      if (end < 0) throw new Beyond();
      const key = parseKey(line.text.slice(0, end));
      setMember(members, key, this.#readValue(trimStart(line.text.slice(end + 1)), indent, depth, true));
    }
    return members;
  }

  #readSequence(indent: number, depth: number): JsonValue {
    const items: JsonValue[] = [];
    for (let line = this.#lines.current; line !== undefined && line.indent >= indent; line = this.#lines.current) {
      if (line.indent !== indent) throw new Beyond();
      if (!isItem(line.text)) break;
      const rest = trimStart(line.text.slice(1));
      // A tab is no indentation.
      if (isItem(rest) || line.text.lastIndexOf("\t", line.text.length - rest.length - 1) >= 0) throw new Beyond();
      const inner = indent + line.text.length - rest.length;
      items.push(
        isEntry(rest) ? this.#readMapping(inner, depth + 1, { indent: inner, text: rest }) : this.#readValue(rest, indent, depth, false),
      );
    }
    return items;
  }

  /** What stands after `key:` or `-`, and on the lines that belong to it. Moves on to the line after. */
  #readValue(rest: string, indent: number, depth: number, mayBeLevelSequence: boolean): JsonValue {
    const first = rest.charAt(0);
    if (first === "|") return this.#lines.readLiteral(indent, parseLiteralHeader(rest));
    this.#lines.next();
    if (first === "" || first === "#") return this.#readNested(indent, depth, mayBeLevelSequence);
    if (first === '"' || first === "'") return this.#closed(this.#parseQuoted(rest), indent);
    if (first === "[" || first === "{") return this.#closed(parseFlow(rest), indent);
    const text = withoutComment(rest);
    return toJsonScalar(resolvePlainScalar(this.#readContinuation(parsePlain(text), indent, text !== rest)));
  }

  #parseQuoted(text: string): string {
    const { value, rest } = scanQuoted(text);
    requireEnd(rest);
    return value;
  }

  #readNested(indent: number, depth: number, mayBeLevelSequence: boolean): JsonValue {
    const line = this.#lines.current;
    if (line === undefined || line.indent < indent) return null;
    if (line.indent > indent) {
      if (isItem(line.text) || isEntry(line.text)) return this.#readNode(line.indent, depth + 1);
      return this.#readValue(line.text, indent, maxScannedDepth, false);
    }
    return mayBeLevelSequence && isItem(line.text) ? this.#readSequence(indent, depth + 1) : null;
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
 * quoted scalars, literals, brackets that close on their line, comments. `undefined` when the text needs more of YAML, or is none;
 * {@link parseYaml} decides then.
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
