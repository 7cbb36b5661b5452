import { isUtf8 } from "node:buffer";
import { isJsonObject, type JsonObject } from "@kubepass/wire";

/** Why bytes are refused as a JSON object. */
export type JsonFault = "not-utf-8" | "not-json" | "not-an-object" | "duplicate-key" | "lone-surrogate" | "too-deep";

/** A JSON object, or why it is none. */
export type StrictJson = { readonly kind: "object"; readonly value: JsonObject } | { readonly kind: "refused"; readonly fault: JsonFault };

/** How far JSON may differ from the one text that everybody reads alike. */
export interface JsonPolicy {
  /** Unsafe: takes duplicate keys (the last counts), invalid UTF-8 and lone surrogates, as Go does: two parsers may read two things. */
  readonly isAmbiguityAllowed: boolean;
}

const maxDepth = 256;
const loneSurrogate = /\p{Surrogate}/u;
const loneSurrogates = /\p{Surrogate}/gu;
const surrogateEscape = /\\u[dD][89a-fA-F]/;

function refuse(fault: JsonFault): StrictJson {
  return { kind: "refused", fault };
}

/** Where the string that begins before `at` ends: the index of its closing quotation mark. */
function skipString(text: string, at: number): number {
  for (let index = at; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x5c) index += 1;
    else if (code === 0x22) return index;
  }
  return text.length;
}

/** Members of all objects as written, and the greatest depth. The text is valid JSON, or will be found not to be. */
function measure(text: string): { readonly members: number; readonly depth: number } {
  let [members, depth, deepest] = [0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22) index = skipString(text, index + 1);
    else if (code === 0x3a) members += 1;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, (depth += 1));
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return { members, depth: deepest };
}

/** Members of all objects as parsed: fewer than written when a key stood twice. */
function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const item of members) if (typeof item === "object") count += countMembers(item);
  return count;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return !loneSurrogate.test(value);
  if (typeof value !== "object" || value === null) return true;
  const members: readonly (readonly [string, unknown])[] = Object.entries(value);
  return members.every(([key, item]) => !loneSurrogate.test(key) && isWellFormed(item));
}

// As Go reads them: each half of a character becomes the replacement character.
function makeWellFormed(_key: string, value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(loneSurrogates, "\ufffd");
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members: readonly (readonly [string, unknown])[] = Object.entries(value);
  return Object.fromEntries(members.map(([key, item]) => [key.replaceAll(loneSurrogates, "\ufffd"), item] as const));
}

// Not TextDecoder: it takes longer than all the rest.
function decodeText(bytes: Uint8Array, policy: JsonPolicy): string | undefined {
  if (!policy.isAmbiguityAllowed && !isUtf8(bytes)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function findValue(text: string, reviver?: (key: string, value: unknown) => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, reviver) };
  } catch {
    return undefined;
  }
}

function findAmbiguity(value: JsonObject, members: number, hasSurrogates: boolean): JsonFault | undefined {
  if (countMembers(value) !== members) return "duplicate-key";
  return hasSurrogates && !isWellFormed(value) ? "lone-surrogate" : undefined;
}

/**
 * Parses a JSON object that everybody reads alike: UTF-8, no key twice in any object, no lone surrogate, at most 256 levels.
 * Never throws.
 */
export function parseStrictJson(bytes: Uint8Array, policy: JsonPolicy): StrictJson {
  const text = decodeText(bytes, policy);
  if (text === undefined) return refuse("not-utf-8");
  const { members, depth } = measure(text);
  if (depth > maxDepth) return refuse("too-deep");
  const hasSurrogates = surrogateEscape.test(text);
  const parsed = findValue(text, hasSurrogates && policy.isAmbiguityAllowed ? makeWellFormed : undefined);
  if (parsed === undefined) return refuse("not-json");
  const { value } = parsed;
  if (!isJsonObject(value)) return refuse("not-an-object");
  const fault = policy.isAmbiguityAllowed ? undefined : findAmbiguity(value, members, hasSurrogates);
  return fault === undefined ? { kind: "object", value } : refuse(fault);
}
