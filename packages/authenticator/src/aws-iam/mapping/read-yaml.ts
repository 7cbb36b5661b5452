import { type Document, LineCounter, parseDocument, type Scalar, visit } from "yaml";

/** What a text holds, or why it is no YAML. */
export type YamlContent = { readonly kind: "read"; readonly value: unknown } | { readonly kind: "broken"; readonly reason: string };

const maxLength = 4 * 1024 * 1024;
const maxAliasCount = 100;

const account = /^\d{12}$/;

/** An account that somebody forgot to quote: YAML takes it for a number and may eat the leading zero. */
export function isUnquotedAccount({ value, source }: Scalar): boolean {
  return typeof value === "number" && source !== undefined && account.test(source);
}

/** Twelve digits are an account, never a number: kept as they are written. */
function keepAccounts(document: Document): void {
  visit(document, {
    Scalar: (_, node) => {
      if (isUnquotedAccount(node)) node.value = node.source;
    },
  });
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
    keepAccounts(document);
    return { kind: "read", value: document.toJS({ maxAliasCount }) };
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
