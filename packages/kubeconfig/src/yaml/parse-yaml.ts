import type { JsonValue } from "@kubepass/wire";
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { refuseKubeconfig } from "../invalid.ts";
import { maxDepth } from "./beyond.ts";
import { setMember, toJsonScalar } from "./json-value.ts";
import { resolvePlainScalar, type ScalarValue } from "./plain-scalar.ts";

type Members = Record<string, JsonValue>;

const standardTag = "tag:yaml.org,2002:";

/** A mapping's key as JSON carries it. Throws `KUBECONFIG_INVALID` for a key that is empty or a structure. */
function toJsonKey(value: ScalarValue): string {
  if (value === null) throw refuseKubeconfig("a mapping has a key without a name");
  return String(value);
}

function listChildren(node: Scalar | YAMLMap | YAMLSeq): readonly unknown[] {
  if (isMap(node)) return node.items.flatMap((pair) => [pair.key, pair.value]);
  return isSeq(node) ? node.items : [];
}

/** YAML 1.1 knows letters, digits, dashes and underscores; an anchor of anything else is a stray `&`. */
function requireAnchorName(name: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw refuseKubeconfig("an anchor has a name of other characters than letters and digits");
  return name;
}

// Without a choice inside a repetition, which Bun gives up in a text of some megabytes.
const closedQuotes: Readonly<Record<string, RegExp>> = {
  QUOTE_SINGLE: /^'[^']*(?:''[^']*)*'$/,
  QUOTE_DOUBLE: /^"[^"\\]*(?:\\[^][^"\\]*)*"$/,
};

// Whatever is escaped, so that no backslash is taken for the first of a pair when it is the second; of a line break, with the empty
// lines after it.
const escaped = /\\(?:\n((?:[ \t]*\n)+)[ \t]*|[^])/g;

function resolveQuoted(source: string): unknown {
  return parseDocument(source, { schema: "failsafe", version: "1.1", logLevel: "error" }).toJS();
}

/**
 * Puts right what the package makes of quotes: it takes a quote that is doubled or escaped for the end of a text that is cut off by
 * the next line, and an empty line after an escaped line break for a blank.
 */
export function mendQuoted(node: Scalar, text: string): void {
  const closed = closedQuotes[node.type ?? ""];
  if (closed === undefined) return;
  const source = text.slice(node.range?.[0], node.range?.[1]);
  if (!closed.test(source)) throw refuseKubeconfig("a quoted text has no end");
  if (node.type !== "QUOTE_DOUBLE" || !/\\\n[ \t]*\n/.test(source)) return;
  node.value = resolveQuoted(
    source.replace(escaped, (whole, empty: string | undefined) =>
      empty === undefined ? whole : "\\n".repeat(empty.split("\n").length - 1),
    ),
  );
}

/** Which node each alias stands for: the last of that name before it, as the text runs. */
function linkAliases(root: Node | null, text: string): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const links = new Map<Alias, Node>();
  const visit = (node: unknown, depth: number): void => {
    if (depth > maxDepth) throw refuseKubeconfig("the text is nested too deeply");
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) throw refuseKubeconfig("an alias names an anchor that does not exist");
      links.set(node, target);
      return;
    }
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return;
    if (isScalar(node)) mendQuoted(node, text);
    if (node.anchor !== undefined) anchors.set(requireAnchorName(node.anchor), node);
    for (const child of listChildren(node)) visit(child, depth + 1);
  };
  visit(root, 0);
  return links;
}

function allowedAliasShare(decoded: number): number {
  if (decoded <= 400_000) return 0.99;
  return decoded >= 4_000_000 ? 0.1 : 0.99 - (0.89 * (decoded - 400_000)) / 3_600_000;
}

function resolveTagged(tag: string, text: string): ScalarValue {
  if (tag === `${standardTag}binary`) return Buffer.from(text, "base64").toString("utf8");
  const type = tag.startsWith(standardTag) ? tag.slice(standardTag.length) : "";
  const value = resolvePlainScalar(text);
  const fits: Readonly<Record<string, boolean>> = {
    bool: typeof value === "boolean",
    int: typeof value === "bigint" || Number.isInteger(value),
    float: typeof value === "number" || typeof value === "bigint",
    null: value === null,
  };
  if (fits[type] === false) throw refuseKubeconfig(`a value is not of its tag !!${type}`);
  return fits[type] === true ? value : text;
}

/** Follows nodes to values, and stops when most of the work is the expansion of aliases: go-yaml's rule against bombs. */
class Expansion {
  readonly #links: ReadonlyMap<Alias, Node>;
  readonly #open = new Set<Alias>();
  #decoded = 0;
  #aliased = 0;

  constructor(links: ReadonlyMap<Alias, Node>) {
    this.#links = links;
  }

  #count(): void {
    this.#decoded += 1;
    if (this.#open.size > 0) this.#aliased += 1;
    if (this.#aliased <= 100 || this.#decoded <= 1000) return;
    if (this.#aliased / this.#decoded > allowedAliasShare(this.#decoded)) throw refuseKubeconfig("the text expands aliases excessively");
  }

  #follow<T>(alias: Alias, use: (node: Node | undefined) => T): T {
    if (this.#open.has(alias)) throw refuseKubeconfig("an anchor contains itself");
    this.#open.add(alias);
    const result = use(this.#links.get(alias));
    this.#open.delete(alias);
    return result;
  }

  #scalar(node: Scalar): ScalarValue {
    const text = typeof node.value === "string" ? node.value : "";
    if (node.tag !== undefined && node.tag !== "!") return resolveTagged(node.tag, text);
    return node.type === "PLAIN" && node.tag === undefined ? resolvePlainScalar(text) : text;
  }

  #key(node: unknown): string {
    this.#count();
    if (isAlias(node)) return this.#follow(node, (target) => this.#key(target));
    if (isMap(node) || isSeq(node)) throw refuseKubeconfig("a mapping has a structure as a key");
    return toJsonKey(isScalar(node) ? this.#scalar(node) : null);
  }

  #merge(members: Members, node: unknown): void {
    this.#count();
    if (isAlias(node)) return this.#follow(node, (target) => this.#merge(members, target));
    if (isSeq(node)) {
      for (const item of node.items.toReversed()) this.#merge(members, item);
    } else if (isMap(node)) {
      this.#fill(members, node);
    } else {
      throw refuseKubeconfig("a merge key << needs a mapping");
    }
  }

  #fill(members: Members, node: YAMLMap): void {
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN") this.#merge(members, value);
      else setMember(members, this.#key(key), this.expand(value));
    }
  }

  expand(node: unknown): JsonValue {
    this.#count();
    if (isAlias(node)) return this.#follow(node, (target) => this.expand(target));
    if (isScalar(node)) return toJsonScalar(this.#scalar(node));
    if (isSeq(node)) return node.items.map((item) => this.expand(item));
    const members: Members = {};
    if (!isMap(node)) return null;
    this.#fill(members, node);
    return members;
  }
}

/**
 * The first document of a YAML text as JSON, by go-yaml 2's rules: aliases expanded within bounds, merge keys applied, the
 * last of equal keys kept. Handles every YAML; slow. Throws `KUBECONFIG_INVALID`.
 */
export function parseYaml(text: string): JsonValue {
  try {
    // YAML 1.1 knows three line breaks and makes one of them; the package knows two.
    const lines = text.replace(/\r\n?/g, "\n");
    const document = parseDocument(lines, {
      schema: "failsafe",
      version: "1.1",
      uniqueKeys: false,
      prettyErrors: true,
      logLevel: "error",
    });
    const broken = document.errors.find((error) => error.code !== "MULTIPLE_DOCS");
    if (broken !== undefined) throw refuseKubeconfig(`line ${broken.linePos?.[0].line ?? 1} is not YAML (${broken.code})`);
    return new Expansion(linkAliases(document.contents, lines)).expand(document.contents);
  } catch (error) {
    if (error instanceof RangeError) throw refuseKubeconfig("the text is nested too deeply");
    throw error;
  }
}
