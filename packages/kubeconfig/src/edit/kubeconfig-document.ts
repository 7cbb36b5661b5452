import { CredentialError, isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { type Document, isMap, isNode, isScalar, isSeq, type Node, Pair, parseDocument, Scalar, visit, YAMLMap, YAMLSeq } from "yaml";
import { refuseKubeconfig } from "../invalid.ts";
import { toJsonScalar } from "../yaml/json-value.ts";
import { mendQuoted } from "../yaml/parse-yaml.ts";
import { resolvePlainScalar, type ScalarValue } from "../yaml/plain-scalar.ts";
import { DocumentAliases } from "./document-aliases.ts";
import { EntryIndex } from "./entry-index.ts";

/** The lists of a kubeconfig, and under which key their entries have their content. */
const members = { clusters: "cluster", users: "user", contexts: "context" } as const;

/** One of the lists of a kubeconfig. */
export type KubeconfigList = keyof typeof members;

/** A text that every reader takes for a text: quoted where go-yaml would see a number, a boolean or nothing, and in one line. */
function createText(text: string): Scalar {
  const scalar = new Scalar(text);
  if (typeof resolvePlainScalar(text) !== "string" || /\p{Cc}/u.test(text)) scalar.type = "QUOTE_DOUBLE";
  return scalar;
}

/** `users:`, `users: null` and `users: ~` name no list. */
function isNothing(node: unknown): boolean {
  if (node === null) return true;
  if (!isScalar(node) || (node.type !== undefined && node.type !== "PLAIN")) return false;
  return node.value === null || (typeof node.value === "string" && resolvePlainScalar(node.value) === null);
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

/** A scalar's value: only a plain one is anything else than a text. */
function readScalar({ type, value }: Scalar): ScalarValue {
  const text = String(value);
  return type === undefined || type === "PLAIN" ? resolvePlainScalar(text) : text;
}

/** What people wrote beside a node goes on to stand beside the one that takes its place. */
function keepComments(from: unknown, to: Node): Node {
  if (!isNode(from)) return to;
  if (typeof from.commentBefore === "string") to.commentBefore = from.commentBefore;
  if (typeof from.comment === "string") to.comment = from.comment;
  if (from.spaceBefore !== undefined) to.spaceBefore = from.spaceBefore;
  return to;
}

function isBefore(text: string): boolean {
  return /^(?:clusters|users|contexts):[ \t]*(?:#.*)?\r?\n(?:[ \t]*#.*\r?\n)*- /m.test(text);
}

function findJsonIndent(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? (/\n( +)"/.exec(text)?.[1]?.length ?? 0) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A kubeconfig as text that can be changed: comments, order, unknown fields and the way things are written stay. What stands behind
 * an alias is copied for the entry that is changed; what others share by an anchor is not changed: `KUBECONFIG_INVALID` is thrown.
 */
export class KubeconfigDocument {
  readonly #document: Document;
  readonly #aliases: DocumentAliases;
  readonly #index = new EntryIndex((item) => this.#nameOf(item));
  readonly #text: string;

  /** Reads the text; an empty one begins a new kubeconfig. Throws `KUBECONFIG_INVALID` where the text is no YAML mapping. */
  constructor(text: string) {
    this.#text = text;
    const lines = text.trim() === "" ? "apiVersion: v1\nkind: Config\n" : text.replace(/\r\n?/g, "\n");
    const parsed = parseDocument(lines, {
      schema: "failsafe",
      version: "1.1",
      uniqueKeys: false,
      logLevel: "error",
    });
    if (parsed.errors.length > 0) throw refuseKubeconfig(`the text is not one YAML document (${parsed.errors[0]?.code})`);
    visit(parsed, { Scalar: (_key, node) => mendQuoted(node, lines) });
    this.#document = parsed;
    this.#aliases = new DocumentAliases(parsed);
    this.#root();
  }

  #root(): YAMLMap {
    const { contents } = this.#document;
    if (!isMap(contents)) throw refuseKubeconfig("the text is not a mapping");
    return contents;
  }

  #find(map: YAMLMap, key: string): Pair | undefined {
    return map.items.findLast((pair) => this.#isText(pair.key, key));
  }

  #isText(node: unknown, text: string): boolean {
    const target = this.#aliases.resolve(node);
    return isScalar(target) && target.value === text;
  }

  #set(map: YAMLMap, key: string, value: Node): void {
    const pair = this.#find(map, key);
    if (pair === undefined) {
      map.items.push(new Pair(createText(key), value));
      return;
    }
    this.#aliases.requireFree(pair.value);
    pair.value = value;
  }

  /** The content of a member, to be changed: where it stands for something else, a copy of that takes its place. */
  #own(map: YAMLMap, key: string): unknown {
    const pair = this.#find(map, key);
    if (pair === undefined) return undefined;
    pair.value = this.#aliases.copy(pair.value);
    this.#aliases.requireUnshared(pair.value);
    return pair.value;
  }

  /** A list, to be changed; `undefined` when there is none. */
  #list(list: KubeconfigList): YAMLSeq | undefined {
    const found = this.#own(this.#root(), list);
    if (found === undefined || isNothing(found)) return undefined;
    if (!isSeq(found)) throw refuseKubeconfig(`${list} is not a list`);
    return found;
  }

  #makeList(list: KubeconfigList): YAMLSeq {
    const found = this.#list(list);
    if (found !== undefined) {
      // What was written as [] goes on in lines.
      if (found.items.length === 0) found.flow = false;
      return found;
    }
    const made = new YAMLSeq();
    this.#set(this.#root(), list, made);
    return made;
  }

  #nameOf(item: unknown): string | undefined {
    const entry = this.#aliases.resolve(item);
    const name = isMap(entry) ? this.#aliases.resolve(this.#find(entry, "name")?.value) : undefined;
    return isScalar(name) && typeof name.value === "string" ? name.value : undefined;
  }

  /** An entry, to be changed. */
  #entry(list: KubeconfigList, name: string): YAMLMap | undefined {
    const sequence = this.#list(list);
    const at = sequence && this.#index.find(sequence, name);
    if (sequence === undefined || at === undefined) return undefined;
    const entry = this.#aliases.copy(sequence.items[at]);
    sequence.items[at] = entry;
    this.#aliases.requireUnshared(entry);
    return isMap(entry) ? entry : undefined;
  }

  /** Sets the entry of a name: replaces its content, or adds it at the end of its list. */
  setEntry(list: KubeconfigList, name: string, content: JsonObject): void {
    const existing = this.#entry(list, name);
    if (existing !== undefined) {
      this.#set(existing, members[list], createNode(content));
      return;
    }
    this.#index.add(this.#makeList(list), createNode({ name, [members[list]]: content }));
  }

  /**
   * Sets one text deep inside the content of an entry, by its keys. Throws `KUBECONFIG_INVALID` when there is no such entry, or a
   * key before the last leads nowhere.
   */
  setText(list: KubeconfigList, name: string, keys: readonly string[], text: string): void {
    const last = keys.at(-1) ?? "";
    this.#set(this.#place(list, name, keys.slice(0, -1), last), last, createText(text));
  }

  /** The mapping inside an entry that has, or gets, a member. */
  #place(list: KubeconfigList, name: string, keys: readonly string[], member: string): YAMLMap {
    let map: unknown = this.#entry(list, name);
    for (const key of [members[list], ...keys]) map = isMap(map) ? this.#own(map, key) : undefined;
    if (isMap(map)) return map;
    throw refuseKubeconfig(`there is no place for ${[...keys, member].join(".")} in ${list}`, "write the entry out, without YAML merges");
  }

  /** Whether a node says this already, however it is written. */
  #says(node: unknown, value: JsonValue): boolean {
    const target = this.#aliases.resolve(node);
    if (isScalar(target)) return target.tag === undefined && toJsonScalar(readScalar(target)) === value;
    if (isSeq(target)) return isList(value) && this.#saysItems(target.items, value);
    if (!isMap(target) || !isJsonObject(value)) return false;
    const wanted = Object.entries(value).filter(([, member]) => member !== undefined);
    if (wanted.length !== target.items.length) return false;
    return wanted.every(([key, member]) => member !== undefined && this.#says(this.#find(target, key)?.value, member));
  }

  #saysItems(items: readonly unknown[], values: readonly JsonValue[]): boolean {
    return items.length === values.length && values.every((value, at) => this.#says(items[at], value));
  }

  /**
   * Sets members of a mapping inside the content of an entry; its other members stay, and so does one that says the same already.
   * Throws `KUBECONFIG_INVALID` when there is no such mapping.
   */
  setMembers(list: KubeconfigList, name: string, key: string, content: JsonObject): void {
    const map = this.#place(list, name, [key], Object.keys(content)[0] ?? "");
    for (const [member, value] of Object.entries(content)) {
      if (value === undefined) continue;
      const existing = this.#find(map, member)?.value;
      if (!this.#says(existing, value)) this.#set(map, member, keepComments(existing, createNode(value)));
    }
  }

  /**
   * Puts a member into the place of another one inside the content of an entry, which goes away with all that it holds. Throws
   * `KUBECONFIG_INVALID` when the entry does not have that one itself.
   */
  replaceMember(list: KubeconfigList, name: string, old: string, key: string, content: JsonObject): void {
    const map = this.#place(list, name, [], key);
    const pair = this.#find(map, old);
    // What a merge brings in would come back as soon as it is removed here.
    if (pair === undefined || this.#find(map, "<<") !== undefined) {
      throw refuseKubeconfig(`there is no ${old} that could be replaced`, "write the entry out, without YAML merges");
    }
    this.#aliases.requireFree(pair.value);
    pair.key = keepComments(pair.key, createText(key));
    pair.value = keepComments(pair.value, createNode(content));
  }

  /** Removes the entry of a name; false when there is none. */
  removeEntry(list: KubeconfigList, name: string): boolean {
    const sequence = this.#list(list);
    const at = sequence && this.#index.find(sequence, name);
    if (sequence === undefined || at === undefined) return false;
    this.#aliases.requireFree(sequence.items[at]);
    this.#index.remove(sequence, at);
    return true;
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
    const value = readScalar(node);
    if (typeof value === "bigint") throw new CredentialError("KUBECONFIG_INVALID", "a number is too large to be written as JSON");
    return value;
  };
  return `${JSON.stringify(toJson(document.contents), undefined, indent)}\n`;
}
