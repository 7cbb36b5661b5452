import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, type Tags } from "yaml";
import { findStrayTab } from "./find-stray-tab.ts";
import { type ConfigurationProblem, decodingProblem } from "./problem.ts";

/** What a file holds, with what strict decoding has against it. */
export interface YamlContent {
  /** `undefined` when the text is no YAML. */
  readonly value: unknown;
  readonly problems: readonly ConfigurationProblem[];
}

// Above 64 issuers with long certificate chains, below what hurts to parse.
const maxLength = 4 * 1024 * 1024;
const maxAliasCount = 100;

// kube-apiserver's YAML reader keeps times as text and knows no numbers to base 60.
function withoutTimes(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || (tag.tag !== "tag:yaml.org,2002:timestamp" && tag.format !== "TIME"));
}

function childPath(path: string, key: unknown): string {
  return path === "" ? String(key) : `${path}.${String(key)}`;
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function findDuplicates(node: Node | null, path: string): readonly ConfigurationProblem[] {
  if (isSeq<Node>(node)) return node.items.flatMap((item, index) => findDuplicates(item, `${path}[${index}]`));
  if (!isMap<unknown, Node | null>(node)) return [];
  const seen = new Set<string>();
  return node.items.flatMap((pair) => {
    if (!isPair(pair)) return [];
    const key = keyOf(pair.key);
    const inner = isCollection(pair.value) && !isAlias(pair.value) ? findDuplicates(pair.value, childPath(path, key)) : [];
    if (!seen.has(key)) {
      seen.add(key);
      return inner;
    }
    return [decodingProblem(childPath(path, key), `duplicate field ${JSON.stringify(childPath(path, key))}`), ...inner];
  });
}

// What begins like a JSON object must be JSON.
function isJsonWanted(text: string): boolean {
  return /^\s*\{/.test(text);
}

function findJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads the first document of a YAML or JSON text as kube-apiserver does (YAML 1.1 scalars; times stay text), and finds duplicate
 * keys. Never throws.
 */
export function readYaml(text: string): YamlContent {
  if (text.length > maxLength) return { value: undefined, problems: [decodingProblem("", `it is longer than ${maxLength} characters`)] };
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, {
      version: "1.1",
      customTags: withoutTimes,
      uniqueKeys: false,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: "error",
    });
    // Only the first document counts, for kube-apiserver too.
    const mistake = document.errors.find((error) => error.code !== "MULTIPLE_DOCS");
    if (mistake !== undefined) {
      const { line, col } = lines.linePos(mistake.pos[0]);
      // The parser's own text may quote the file.
      return { value: undefined, problems: [decodingProblem("", `line ${line}, column ${col}: not valid YAML (${mistake.code})`)] };
    }
    const tab = isJsonWanted(text) ? undefined : findStrayTab(text);
    if (tab !== undefined) {
      const { line, col } = lines.linePos(tab);
      return {
        value: undefined,
        problems: [decodingProblem("", `line ${line}, column ${col}: a tab stands where kube-apiserver takes spaces`)],
      };
    }
    const problems = findDuplicates(document.contents, "");
    const value: unknown = isJsonWanted(text) ? findJson(text) : document.toJS({ maxAliasCount });
    return value === undefined
      ? { value, problems: [decodingProblem("", "not valid JSON, although it begins like it")] }
      : { value, problems };
  } catch {
    return { value: undefined, problems: [decodingProblem("", "not valid YAML: it nests too deeply or uses aliases too much or wrongly")] };
  }
}
