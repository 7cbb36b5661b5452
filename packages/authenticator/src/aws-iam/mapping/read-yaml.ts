import { type Document, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from "yaml";

/** What shows in a text alone, and no more in its value. */
interface TextTraits {
  /** An account is written as a number. */
  readonly hasUnquotedAccount: boolean;
  /** Lines of keys that their map has before. */
  readonly repeatedKeyLines: readonly number[];
}

/** What a text holds, or why it is no YAML. */
export type YamlContent =
  | { readonly kind: "read"; readonly value: unknown; readonly traits: TextTraits }
  | { readonly kind: "broken"; readonly reason: string };

const maxLength = 4 * 1024 * 1024;
const maxAliasCount = 100;

const account = /^\d{12}$/;

/** Where the keys of a map stand that it has before. The parser's own look at them compares each with each. */
function findRepeatedKeys({ items }: YAMLMap): readonly number[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const isRepeated = seen.has(key.value);
    seen.add(key.value);
    return isRepeated && key.range ? [key.range[0]] : [];
  });
}

/**
 * Twelve digits are an account, never a number: kept as they are written. Where somebody forgot to quote them, YAML takes them for a
 * number and may eat the leading zero.
 */
function keepAccounts(document: Document, lines: LineCounter): TextTraits {
  let hasUnquotedAccount = false;
  const repeated: number[] = [];
  visit(document, {
    Map: (_, node) => {
      for (const position of findRepeatedKeys(node)) repeated.push(position);
    },
    Scalar: (_, node) => {
      if (typeof node.value !== "number" || node.source === undefined || !account.test(node.source)) return;
      hasUnquotedAccount = true;
      node.value = node.source;
    },
  });
  const repeatedKeyLines = repeated.toSorted((left, right) => left - right).map((position) => lines.linePos(position).line);
  return { hasUnquotedAccount, repeatedKeyLines };
}

/** Reads the first document of a YAML or JSON text as Go's YAML 1.1 readers do, but accounts stay accounts. Never throws. */
export function readYaml(text: string): YamlContent {
  if (text.length > maxLength) return { kind: "broken", reason: `it is longer than ${maxLength} characters` };
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, { version: "1.1", uniqueKeys: false, lineCounter: lines, prettyErrors: false, logLevel: "error" });
    const mistake = document.errors.find((error) => error.code !== "MULTIPLE_DOCS");
    if (mistake !== undefined) {
      const { line, col } = lines.linePos(mistake.pos[0]);
      return { kind: "broken", reason: `line ${line}, column ${col}: not valid YAML (${mistake.code})` };
    }
    const traits = keepAccounts(document, lines);
    return { kind: "read", value: document.toJS({ maxAliasCount }), traits };
  } catch {
    return { kind: "broken", reason: "not valid YAML: it nests too deeply or uses aliases too much or wrongly" };
  }
}

/** The kind of a YAML node for people; used where a list was expected. */
export function describeYaml(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `a ${typeof value}`;
}
