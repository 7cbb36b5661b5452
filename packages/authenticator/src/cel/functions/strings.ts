import { codePointLength, codePoints, sliceCodePoints } from "../code-points.ts";
import { formatString } from "../format-string.ts";
import { CelList, stringList } from "../lists.ts";
import { CelFailure, invalidArgument, noSuchOverload, type CelValue } from "../values.ts";
import { ofString, ofStrings, type CelFunction, type FunctionTable } from "./function.ts";
import { shortEscapes } from "../quote-go.ts";

/** Longer texts than an expression could read within its cost limit. */
const maxLength = 16 * 1024 * 1024;

function outOfRange(index: bigint): CelFailure {
  return new CelFailure("CEL_INDEX", `index out of range: ${index}`);
}

function tooLong(): CelFailure {
  return new CelFailure("CEL_TOO_LARGE", `text would be longer than ${maxLength} characters`);
}

const charAt: CelFunction = ([text, index]) => {
  if (typeof text !== "string" || typeof index !== "bigint") return noSuchOverload("charAt");
  const characters = codePoints(text);
  if (index < 0n || index > BigInt(characters.length)) return outOfRange(index);
  return characters[Number(index)] ?? "";
};

// Code unit positions are turned into code points only when something was found.
function indexOf(text: string, part: string, offset: bigint): CelValue {
  if (offset < 0n) return outOfRange(offset);
  const length = codePointLength(text);
  if (part === "") return offset > BigInt(length) ? BigInt(length) : offset;
  if (offset >= BigInt(length)) return -1n;
  const start = sliceCodePoints(text, 0, Number(offset)).length;
  const found = text.indexOf(part, start);
  return found < 0 ? -1n : BigInt(codePointLength(text.slice(0, found)));
}

function lastIndexOf(text: string, part: string, offset: bigint): CelValue {
  if (offset < 0n) return outOfRange(offset);
  const length = codePointLength(text);
  if (part === "") return offset > BigInt(length) ? BigInt(length) : offset;
  if (offset >= BigInt(length)) return -1n;
  const start = sliceCodePoints(text, 0, Number(offset)).length;
  const found = text.lastIndexOf(part, start);
  return found < 0 ? -1n : BigInt(codePointLength(text.slice(0, found)));
}

function lastIndexAnywhere(text: string, part: string): CelValue {
  const length = codePointLength(text);
  if (part === "") return BigInt(length);
  // An empty text has no position to search from.
  if (text.length === 0 || part.length > text.length) return -1n;
  return lastIndexOf(text, part, BigInt(length - 1));
}

function searching(search: (text: string, part: string, offset: bigint) => CelValue): CelFunction {
  return ([text, part, offset = 0n]) =>
    typeof text === "string" && typeof part === "string" && typeof offset === "bigint"
      ? search(text, part, offset)
      : noSuchOverload("indexOf");
}

function substring(text: CelValue | undefined, start: CelValue | undefined, end: CelValue | undefined): CelValue {
  if (typeof text !== "string" || typeof start !== "bigint") return noSuchOverload("substring");
  const length = BigInt(codePointLength(text));
  const stop = typeof end === "bigint" ? end : length;
  if (typeof end === "bigint" && start > stop) return invalidArgument(`invalid substring range. start: ${start}, end: ${stop}`);
  if (start < 0n || start > length) return outOfRange(start);
  if (stop < 0n || stop > length) return outOfRange(stop);
  return sliceCodePoints(text, Number(start), Number(stop));
}

// Go puts the replacement around and between code points when it replaces nothing.
function replace(text: string, old: string, fresh: string, limit: number): CelValue {
  const pieces = old === "" ? codePoints(text) : text.split(old);
  const places = old === "" ? pieces.length + 1 : pieces.length - 1;
  const count = limit < 0 ? places : Math.min(limit, places);
  if (text.length + count * fresh.length > maxLength) return tooLong();
  if (old !== "")
    return (
      pieces.slice(0, count + 1).join(fresh) +
      pieces
        .slice(count + 1)
        .map((piece) => old + piece)
        .join("")
    );
  const spread = pieces.map((piece, index) => (index < count ? fresh + piece : piece)).join("");
  return count > pieces.length ? spread + fresh : spread;
}

const replaceAll: CelFunction = ([text, old, fresh, limit = -1n]) =>
  typeof text === "string" && typeof old === "string" && typeof fresh === "string" && typeof limit === "bigint"
    ? replace(text, old, fresh, Number(limit))
    : noSuchOverload("replace");

function split(text: string, separator: string, limit: number): CelList {
  if (limit === 0) return stringList([]);
  const parts = separator === "" ? codePoints(text) : text.split(separator);
  if (limit < 0 || parts.length <= limit) return stringList(parts);
  return stringList([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]);
}

const splitting: CelFunction = ([text, separator, limit = -1n]) =>
  typeof text === "string" && typeof separator === "string" && typeof limit === "bigint"
    ? split(text, separator, Number(limit))
    : noSuchOverload("split");

const join: CelFunction = ([list, separator = ""]) => {
  if (!(list instanceof CelList) || typeof separator !== "string") return noSuchOverload("join");
  const parts: string[] = [];
  let length = 0;
  for (let index = 0; index < list.size; index += 1) {
    const part = list.get(index);
    if (typeof part !== "string") return invalidArgument("join: invalid input");
    length += part.length + separator.length;
    if (length > maxLength) return tooLong();
    parts.push(part);
  }
  return parts.join(separator);
};

function quote(text: string): string {
  return `"${text.replaceAll(/[\u0007\b\f\n\r\t\v\\"]/g, (character) => shortEscapes[character] ?? character)}"`;
}

// What Unicode calls white space, and Go trims.
const space = String.raw`[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+`;
const edges = new RegExp(`^${space}|${space}$`, "g");

function asciiCase(text: string, pattern: RegExp, by: number): string {
  return text.replaceAll(pattern, (character) => String.fromCharCode(character.charCodeAt(0) + by));
}

/** The strings extension, version 2, with CEL's own string functions. */
export const stringFunctions: FunctionTable = {
  contains_string: ofStrings((text, part) => text.includes(part)),
  ends_with_string: ofStrings((text, part) => text.endsWith(part)),
  starts_with_string: ofStrings((text, part) => text.startsWith(part)),
  string_char_at_int: charAt,
  string_index_of_string: searching(indexOf),
  string_index_of_string_int: searching(indexOf),
  string_last_index_of_string: ofStrings(lastIndexAnywhere),
  string_last_index_of_string_int: searching(lastIndexOf),
  string_lower_ascii: ofString((text) => asciiCase(text, /[A-Z]/g, 32)),
  string_upper_ascii: ofString((text) => asciiCase(text, /[a-z]/g, -32)),
  string_replace_string_string: replaceAll,
  string_replace_string_string_int: replaceAll,
  string_split_string: splitting,
  string_split_string_int: splitting,
  string_substring_int: ([text, start]) => substring(text, start, undefined),
  string_substring_int_int: ([text, start, end]) => substring(text, start, end ?? null),
  string_trim: ofString((text) => text.replaceAll(edges, "")),
  string_format: ([text, list], meter) =>
    typeof text === "string" && list instanceof CelList ? formatString(text, list, meter) : noSuchOverload("format"),
  strings_quote: ofString(quote),
  list_join: join,
  list_join_string: join,
};
