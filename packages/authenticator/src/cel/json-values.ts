import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { CelList } from "./lists.ts";
import { CelMap, noSuchKey } from "./maps.ts";
import { unescapeName } from "./unescape-name.ts";
import type { CelValue } from "./values.ts";

function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

// Most texts hold no surrogates at all, which is cheaper to see.
const anySurrogate = /[\ud800-\udfff]/;

/** Text as Go's JSON decoder gives it: a lone surrogate becomes U+FFFD. */
function wellFormed(text: string): string {
  return anySurrogate.test(text) ? text.replaceAll(/\p{Surrogate}/gu, "\u{fffd}") : text;
}

/**
 * A JSON value as CEL sees it; numbers are doubles. Arrays and objects are converted when they are read.
 * With `unescapes`, `__dot__` and its like in a field's name are undone (see `unescapeName`).
 */
export function fromJson(value: JsonValue, unescapes: boolean): CelValue {
  if (typeof value === "string") return wellFormed(value);
  if (isJsonArray(value)) return new JsonList(value, unescapes);
  if (isJsonObject(value)) return new JsonMap(value, unescapes);
  return value;
}

/** A JSON array of the claims; elements are converted when asked for. */
class JsonList extends CelList {
  readonly representation = "json";
  override readonly isWrapped: boolean;
  private readonly elements: readonly JsonValue[];
  constructor(elements: readonly JsonValue[], unescapes: boolean) {
    super();
    this.elements = elements;
    this.isWrapped = unescapes;
  }
  get size(): number {
    return this.elements.length;
  }
  get(index: number): CelValue {
    return fromJson(this.elements[index] ?? null, this.isWrapped);
  }
  override unwrap(): CelList {
    return this.isWrapped ? new JsonList(this.elements, false) : this;
  }
  override next(index: number): CelValue {
    return fromJson(this.elements[index] ?? null, false);
  }
}

/** A JSON object of the claims. */
class JsonMap extends CelMap {
  override readonly isWrapped: boolean;
  private readonly members: JsonObject;
  constructor(members: JsonObject, unescapes: boolean) {
    super();
    this.members = members;
    this.isWrapped = unescapes;
  }
  get size(): number {
    return Object.keys(this.members).length;
  }
  find(key: CelValue): CelValue | undefined {
    if (typeof key !== "string") return undefined;
    return this.member(this.isWrapped ? (unescapeName(key) ?? key) : key, this.isWrapped);
  }
  override get(key: CelValue): CelValue {
    const value = typeof key === "string" ? this.member(key, false) : undefined;
    return value === undefined ? noSuchKey(key) : value;
  }
  override contains(key: CelValue): CelValue {
    return typeof key === "string" && this.member(key, false) !== undefined;
  }
  keys(): readonly CelValue[] {
    return Object.keys(this.members).map((name) => wellFormed(name));
  }
  private member(name: string, unescapes: boolean): CelValue | undefined {
    if (!Object.hasOwn(this.members, name)) return undefined;
    const value = this.members[name];
    return value === undefined ? undefined : fromJson(value, unescapes);
  }
}
