import { readYaml, type YamlContent } from "./read-yaml.ts";
import type { MappingProblem } from "./rule.ts";

function tellRepeatedKeys(content: YamlContent, place: string): readonly MappingProblem[] {
  if (content.kind === "broken") return [];
  const message = "the key stands there twice, and what comes before is lost";
  return content.traits.repeatedKeyLines.map((line) => ({
    place: `${place}line ${line}`,
    severity: "warning",
    code: "KEY_TWICE",
    message,
  }));
}

/**
 * What shows in the text of mappings alone: accounts that are no text, and keys that stand twice. `inner` are texts of YAML
 * inside of it, by their names. Never throws.
 */
export function findTextProblems(content: YamlContent, inner: Readonly<Record<string, string>> = {}): readonly MappingProblem[] {
  const message = "twelve digits without quotes: YAML takes an account for a number, and other programs lose its leading zero";
  const contents = [["", content] as const, ...Object.entries(inner).map(([name, each]) => [`${name} `, readYaml(each)] as const)];
  const isUnquoted = contents.some(([, each]) => each.kind === "read" && each.traits.hasUnquotedAccount);
  return [
    ...contents.flatMap(([place, each]) => tellRepeatedKeys(each, place)),
    ...(isUnquoted ? [{ place: "the file", severity: "warning", code: "ACCOUNT_UNQUOTED", message } as const] : []),
  ];
}
