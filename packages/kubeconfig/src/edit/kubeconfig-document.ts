import { CredentialError, isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { type Document, isMap, isScalar, isSeq, type Node, Pair, parseDocument, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { refuseKubeconfig } from "../invalid.ts";
import { resolvePlainScalar } from "../yaml/plain-scalar.ts";

/** The lists of a kubeconfig, and under which key their entries have their content. */
const members = { clusters: "cluster", users: "user", contexts: "context" } as const;

/** One of the lists of a kubeconfig. */
export type KubeconfigList = keyof typeof members;

/** A text that every reader takes for a text: quoted where go-yaml would see a number, a boolean or nothing. */
function createText(text: string): Scalar {
  const scalar = new Scalar(text);
  if (typeof resolvePlainScalar(text) !== "string") scalar.type = "QUOTE_DOUBLE";
  return scalar;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function createNode(value: JsonValue): Node {
  if (typeof value === "string") return createText(value);
  // The text is parsed without types, so that nothing in it is rewritten; a plain true is written as a plain text.
  if (typeof value === "number" || typeof value === "boolean" || value === null) return new Scalar(String(value));
  if (isList(value)) {
    const list = new YAMLSeq();
    list.items = value.map((item) => createNode(item));
    return list;
  }
  const map = new YAMLMap();
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) map.items.push(new Pair(createText(key), createNode(member)));
  return map;
}

function isBefore(text: string): boolean {
  return /^(?:clusters|users|contexts):[ \t]*\r?\n- /m.test(text);
}

function findJsonIndent(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? (/\n( +)"/.exec(text)?.[1]?.length ?? 0) : undefined;
  } catch {
    return undefined;
  }
}

/** A kubeconfig as text that can be changed: comments, order, unknown fields and the way things are written stay. */
export class KubeconfigDocument {
  readonly #document: Document;
  readonly #text: string;

  /** Reads the text; an empty one begins a new kubeconfig. Throws `KUBECONFIG_INVALID` where the text is no YAML mapping. */
  constructor(text: string) {
    this.#text = text;
    const parsed = parseDocument(text.trim() === "" ? "apiVersion: v1\nkind: Config\n" : text.replace(/\r\n?/g, "\n"), {
      schema: "failsafe",
      version: "1.1",
      uniqueKeys: false,
      logLevel: "error",
    });
    if (parsed.errors.length > 0) throw refuseKubeconfig(`the text is not one YAML document (${parsed.errors[0]?.code})`);
    this.#document = parsed;
    this.#root();
  }

  #root(): YAMLMap {
    const { contents } = this.#document;
    if (!isMap(contents)) throw refuseKubeconfig("the text is not a mapping");
    return contents;
  }

  #find(map: YAMLMap, key: string): Pair | undefined {
    return map.items.findLast((pair) => isScalar(pair.key) && pair.key.value === key);
  }

  #set(map: YAMLMap, key: string, value: Node): void {
    const pair = this.#find(map, key);
    if (pair === undefined) map.items.push(new Pair(createText(key), value));
    else pair.value = value;
  }

  #list(list: KubeconfigList): YAMLSeq {
    const found = this.#find(this.#root(), list)?.value;
    if (isSeq(found)) {
      // What was written as [] goes on in lines.
      if (found.items.length === 0) found.flow = false;
      return found;
    }
    const made = new YAMLSeq();
    this.#set(this.#root(), list, made);
    return made;
  }

  #entry(list: KubeconfigList, name: string): YAMLMap | undefined {
    return this.#list(list).items.find((item): item is YAMLMap => {
      const found = isMap(item) ? this.#find(item, "name")?.value : undefined;
      return isScalar(found) && found.value === name;
    });
  }

  /** Sets the entry of a name: replaces its content, or adds it at the end of its list. */
  setEntry(list: KubeconfigList, name: string, content: JsonObject): void {
    const existing = this.#entry(list, name);
    if (existing !== undefined) {
      this.#set(existing, members[list], createNode(content));
      return;
    }
    this.#list(list).items.push(createNode({ name, [members[list]]: content }));
  }

  /** Sets one text deep inside the content of an entry, by its keys; false when a key before the last leads nowhere. */
  setText(list: KubeconfigList, name: string, keys: readonly string[], text: string): boolean {
    let map: unknown = this.#entry(list, name);
    for (const key of [members[list], ...keys.slice(0, -1)]) map = isMap(map) ? this.#find(map, key)?.value : undefined;
    const last = keys.at(-1);
    if (!isMap(map) || last === undefined) return false;
    this.#set(map, last, createText(text));
    return true;
  }

  /** Removes the entry of a name; false when there is none. */
  removeEntry(list: KubeconfigList, name: string): boolean {
    const sequence = this.#list(list);
    const at = sequence.items.indexOf(this.#entry(list, name));
    if (at >= 0) sequence.items.splice(at, 1);
    return at >= 0;
  }

  /** Selects a context. */
  setCurrentContext(name: string): void {
    this.#set(this.#root(), "current-context", createText(name));
  }

  /** The changed text: JSON when it was JSON, with the line ends that it had. */
  toString(): string {
    const indent = findJsonIndent(this.#text);
    if (indent !== undefined) return formatAsJson(this.#document, indent);
    const text = this.#document.toString({
      lineWidth: 0,
      indentSeq: !isBefore(this.#text) && this.#text !== "",
      flowCollectionPadding: false,
    });
    return this.#text.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;
  }
}

/** The document as JSON. Every value of it was JSON, or was added by {@link createNode}, so types are found again by YAML's rules. */
function formatAsJson(document: Document, indent: number): string {
  const toJson = (node: unknown): JsonValue => {
    if (isSeq(node)) return node.items.map((item) => toJson(item));
    if (isMap(node))
      return Object.fromEntries(node.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : "", toJson(pair.value)]));
    if (!isScalar(node)) return null;
    const text = String(node.value);
    const value = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" ? text : resolvePlainScalar(text);
    if (typeof value === "bigint") throw new CredentialError("KUBECONFIG_INVALID", "a number is too large to be written as JSON");
    return value;
  };
  return `${JSON.stringify(toJson(document.contents), undefined, indent)}\n`;
}
