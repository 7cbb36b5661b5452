import type { JsonValue } from "@kubepass/wire";
import { Beyond, maxScannedDepth } from "./beyond.ts";
import { setMember, toJsonScalar } from "./json-value.ts";
import { resolvePlainScalar } from "./plain-scalar.ts";
import { parsePlainKey, requireEnd, scanQuoted, trimEnd } from "./scan-scalar.ts";

// What a plain scalar between brackets is made of here. YAML allows more, and is left to the other parser.
const plainScalar = /^[A-Za-z0-9_./+~-][A-Za-z0-9_./+~=@$%():; -]*/;
const plainKey = /^[A-Za-z_][A-Za-z0-9_./-]*/;

/** Reads a list or map in brackets that ends on the line it begins on. */
class FlowReader {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  get rest(): string {
    return this.#rest;
  }

  readCollection(depth: number): JsonValue {
    if (depth > maxScannedDepth) throw new Beyond();
    return this.#take("[") ? this.#readList(depth) : this.#readMap(depth);
  }

  #take(mark: string): boolean {
    if (!this.#rest.startsWith(mark)) return false;
    this.#rest = this.#rest.slice(mark.length);
    return true;
  }

  #skipSpaces(): void {
    this.#rest = this.#rest.replace(/^ +/, "");
  }

  /** True while another item follows; the last one is followed by the bracket. */
  #isContinued(close: string): boolean {
    this.#skipSpaces();
    if (this.#take(",")) {
      this.#skipSpaces();
      return true;
    }
    if (!this.#take(close)) throw new Beyond();
    return false;
  }

  #readList(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.#skipSpaces();
    if (this.#take("]")) return items;
    do items.push(this.#readValue(depth));
    while (this.#isContinued("]"));
    return items;
  }

  #readMap(depth: number): JsonValue {
    const members: Record<string, JsonValue> = {};
    if (!this.#take("{")) throw new Beyond();
    this.#skipSpaces();
    if (this.#take("}")) return members;
    do {
      const key = this.#readKey();
      this.#skipSpaces();
      setMember(members, key, this.#readValue(depth));
    } while (this.#isContinued("}"));
    return members;
  }

  #readKey(): string {
    const first = this.#rest.charAt(0);
    if (first === '"' || first === "'") {
      const key = this.#readQuoted();
      if (!this.#take(":")) throw new Beyond();
      return key;
    }
    const text = plainKey.exec(this.#rest)?.[0] ?? "";
    this.#rest = this.#rest.slice(text.length);
    if (!this.#take(": ")) throw new Beyond();
    return parsePlainKey(text);
  }

  #readQuoted(): string {
    const { value, rest } = scanQuoted(this.#rest);
    this.#rest = rest;
    return value;
  }

  #readValue(depth: number): JsonValue {
    const first = this.#rest.charAt(0);
    if (first === "[" || first === "{") return this.readCollection(depth + 1);
    if (first === '"' || first === "'") return this.#readQuoted();
    const found = plainScalar.exec(this.#rest)?.[0] ?? "";
    this.#rest = this.#rest.slice(found.length);
    const text = trimEnd(found);
    if (text === "" || /: |:$|^-(?: |$)/.test(text)) throw new Beyond();
    return toJsonScalar(resolvePlainScalar(text));
  }
}

/** A list or map in brackets on one line, with what it holds. Throws `Beyond`. */
export function parseFlow(text: string): JsonValue {
  const reader = new FlowReader(text);
  const value = reader.readCollection(0);
  requireEnd(reader.rest);
  return value;
}
