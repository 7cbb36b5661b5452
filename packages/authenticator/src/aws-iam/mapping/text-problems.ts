import { LineCounter, parseDocument, visit } from "yaml";
import { isUnquotedAccount } from "./read-yaml.ts";
import type { MappingProblem } from "./rule.ts";

function hasUnquotedAccount(text: string): boolean {
  let isFound = false;
  visit(parseDocument(text, { version: "1.1", uniqueKeys: false, logLevel: "error" }), {
    Scalar: (_, node) => {
      if (isUnquotedAccount(node)) isFound = true;
    },
  });
  return isFound;
}

function findRepeatedKeys(text: string, place: string): readonly MappingProblem[] {
  const lineCounter = new LineCounter();
  const { errors } = parseDocument(text, { version: "1.1", lineCounter, prettyErrors: false, logLevel: "error" });
  return errors.flatMap(({ code, pos: [position] }): readonly MappingProblem[] => {
    if (code !== "DUPLICATE_KEY") return [];
    const at = `${place === "" ? "" : `${place} `}line ${lineCounter.linePos(position).line}`;
    return [{ place: at, severity: "warning", code: "KEY_TWICE", message: "the key stands there twice, and what comes before is lost" }];
  });
}

/**
 * What shows in the text of mappings alone: accounts that are no text, and keys that stand twice. `inner` are texts of YAML
 * inside of it, by their names. Never throws.
 */
export function findTextProblems(text: string, inner: Readonly<Record<string, string>> = {}): readonly MappingProblem[] {
  const message = "twelve digits without quotes: YAML takes an account for a number, and other programs lose its leading zero";
  const isUnquoted = [text, ...Object.values(inner)].some((each) => hasUnquotedAccount(each));
  return [
    ...findRepeatedKeys(text, ""),
    ...Object.entries(inner).flatMap(([name, each]) => findRepeatedKeys(each, name)),
    ...(isUnquoted ? [{ place: "the file", severity: "warning", code: "ACCOUNT_UNQUOTED", message } as const] : []),
  ];
}
