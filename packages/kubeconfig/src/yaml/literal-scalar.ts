import { Beyond } from "./beyond.ts";

/** How the lines of a block scalar `|` are read. */
export interface LiteralHeader {
  /** Columns beyond the parent's; found from the first line where the header has none. */
  readonly indentation: number | undefined;
  readonly chomping: "clip" | "strip" | "keep";
}

function parseChomping(mark: string): LiteralHeader["chomping"] {
  if (mark === "-") return "strip";
  return mark === "+" ? "keep" : "clip";
}

/** The header of a literal block scalar, such as `|`, `|-` or `|2 # why`. Throws {@link Beyond} for folded ones. */
export function parseLiteralHeader(text: string): LiteralHeader {
  const parts = /^\|(?:([1-9])([-+]?)|([-+]?))(?:[ \t]+#.*)?$/.exec(text);
  if (parts === null) throw new Beyond();
  const [, digit, afterDigit, alone] = parts;
  return { indentation: digit === undefined ? undefined : Number(digit), chomping: parseChomping(afterDigit ?? alone ?? "") };
}

function countSpaces(line: string): number {
  let count = 0;
  while (line.charCodeAt(count) === 32) count += 1;
  return count;
}

function chomp(lines: readonly string[], chomping: LiteralHeader["chomping"]): string {
  const last = lines.findLastIndex((line) => line !== "");
  // An empty scalar is rare, and its line breaks are told apart by the other parser.
  if (last < 0) throw new Beyond();
  const text = lines.slice(0, last + 1).join("\n");
  if (chomping === "strip") return text;
  return text + (chomping === "clip" ? "\n" : "\n".repeat(lines.length - last));
}

/** A line within a literal without its indentation; `undefined` where the literal is over. */
function findContent(line: string, spaces: number, parent: number, indentation: number): string | undefined {
  if (spaces >= indentation) return line.slice(indentation);
  // A comment between the columns, or a tab.
  if (spaces > parent || line.charCodeAt(spaces) === 9) throw new Beyond();
  return undefined;
}

/**
 * The text of a literal block scalar in a parent on that column, and how many of the whole lines after its header it takes.
 * Throws {@link Beyond}.
 */
export function readLiteral(
  lines: Iterable<string>,
  parent: number,
  header: LiteralHeader,
): { readonly text: string; readonly count: number } {
  let indentation = header.indentation === undefined ? undefined : parent + header.indentation;
  const content: string[] = [];
  for (const line of lines) {
    const spaces = countSpaces(line);
    if (spaces === line.length) {
      // Where blanks reach further than the text, they may be text themselves.
      if (spaces > (indentation ?? parent)) throw new Beyond();
      content.push("");
      continue;
    }
    if (indentation === undefined && spaces <= parent) throw new Beyond();
    indentation ??= spaces;
    const rest = findContent(line, spaces, parent, indentation);
    if (rest === undefined) break;
    content.push(rest);
  }
  return { text: chomp(content, header.chomping), count: content.length };
}
