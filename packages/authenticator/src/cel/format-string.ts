import { compareText } from "./code-points.ts";
import { formatDouble } from "./numbers.ts";
import { CelList } from "./lists.ts";
import { CelMap } from "./maps.ts";
import type { Meter } from "./meter.ts";
import { quoteGo } from "./quote-go.ts";
import { formatDuration, formatTimestamp } from "./time-text.ts";
import { typeNameOf } from "./type-names.ts";
import { CelDuration, CelFailure, CelTimestamp, CelTypeName, CelUint, type CelValue } from "./values.ts";
import { formatFixed, formatPlain, formatScientific } from "./format-number.ts";

/** One clause of a format string: what to write and with how many digits after the point. */
export interface FormatClause {
  readonly verb: string;
  readonly precision: number | undefined;
}

/** The literal parts and clauses of a format string in order, or what is wrong with it. */
export function parseFormat(text: string): readonly (string | FormatClause)[] | string {
  const parts: (string | FormatClause)[] = [];
  const pattern = /%%|%(?:\.([0-9]*))?([^]?)|[^%]+/y;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole, precision, verb = ""] = match;
    if (whole === "%%") parts.push("%");
    else if (!whole.startsWith("%")) parts.push(whole);
    else {
      const clause = parseClause(precision, verb);
      if (typeof clause === "string") return clause;
      parts.push(clause);
    }
    if (pattern.lastIndex === text.length) break;
  }
  return parts;
}

// More digits than any number has, and than anybody may ask this process to write.
const maxPrecision = 1000;

function parseClause(precision: string | undefined, verb: string): FormatClause | string {
  if (precision === "" || (verb === "" && precision !== undefined)) return "error while converting precision to integer";
  if (precision !== undefined && Number(precision) > maxPrecision) return "precision is too large";
  if (verb === "") return "unexpected end of string";
  if (!"sdfebxXo".includes(verb)) return `unrecognized formatting clause "${verb}"`;
  return { verb, precision: precision === undefined ? undefined : Number(precision) };
}

class FormatProblem extends Error {}

function problem(verb: string, value: CelValue): FormatProblem {
  return new FormatProblem(`clause %${verb} cannot be used on ${typeNameOf(value)}`);
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatProblem("could not convert argument to string");
  }
}

/** `%s`: any value as text; lists and maps in brackets with their texts quoted. */
function formatText(value: CelValue, meter: Meter): string {
  meter.step();
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatDouble(value);
  if (typeof value === "bigint" || typeof value === "boolean" || value === null) return String(value);
  return formatObject(value, meter);
}

function formatObject(value: CelValue & object, meter: Meter): string {
  if (value instanceof CelList) return formatList(value, meter);
  if (value instanceof CelMap && value.typeName === "map") return formatMap(value, meter);
  if (value instanceof CelUint) return value.value.toString();
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof Uint8Array) return utf8Text(value);
  if (value instanceof CelTypeName) return value.name;
  throw problem("s", value);
}

// A value inside a list or map: as a literal would be written.
function formatNested(value: CelValue, meter: Meter): string {
  if (typeof value === "string") return quoteGo(value);
  if (typeof value === "number") return Number.isFinite(value) ? formatPlain(value, 6) : `"${formatDouble(value)}"`;
  if (value instanceof Uint8Array) return `b${quoteGo(utf8Text(value))}`;
  if (value instanceof CelTimestamp) return `timestamp(${quoteGo(formatTimestamp(value))})`;
  if (value instanceof CelDuration) return `duration(${quoteGo(formatDuration(value))})`;
  return formatText(value, meter);
}

function formatList(list: CelList, meter: Meter): string {
  return `[${Array.from({ length: list.size }, (_, index) => formatNested(list.next(index), meter)).join(", ")}]`;
}

function formatKey(key: CelValue, meter: Meter): string {
  const isKey = typeof key === "string" || typeof key === "boolean" || typeof key === "bigint" || key instanceof CelUint;
  if (!isKey) throw new FormatProblem(`no formatting function for map key of type ${typeNameOf(key)}`);
  return formatNested(key, meter);
}

function formatMap(map: CelMap, meter: Meter): string {
  const pairs = map.keys().map((key) => {
    const value = map.find(key);
    if (value === undefined) throw new FormatProblem("could not find key");
    return [formatKey(key, meter), formatNested(value, meter)] as const;
  });
  const sorted = pairs.toSorted(([left], [right]) => compareText(left, right));
  return `{${sorted.map(([key, value]) => `${key}:${value}`).join(", ")}}`;
}

function wholeNumber(verb: string, value: CelValue): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  throw problem(verb, value);
}

function doubleOf(verb: string, value: CelValue): number {
  if (typeof value === "number") return value;
  const words: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Infinity, "-Infinity": -Infinity };
  const special = typeof value === "string" ? words[value] : undefined;
  if (special === undefined) throw problem(verb, value);
  return special;
}

function formatHexadecimal(value: CelValue): string {
  if (typeof value === "string" || value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return wholeNumber("x", value).toString(16);
}

type Formatter = (value: CelValue, precision: number, meter: Meter) => string;

const formatters: Readonly<Record<string, Formatter>> = {
  s: (value, _precision, meter) => formatText(value, meter),
  d: (value) => wholeNumber("d", value).toString(),
  f: (value, precision) => formatFixed(doubleOf("f", value), precision),
  e: (value, precision) => formatScientific(doubleOf("e", value), precision),
  b: (value) => (typeof value === "boolean" ? String(Number(value)) : wholeNumber("b", value).toString(2)),
  x: formatHexadecimal,
  X: (value) => formatHexadecimal(value).toUpperCase(),
  o: (value) => wholeNumber("o", value).toString(8),
};

function write(parts: readonly (string | FormatClause)[], list: CelList, meter: Meter): string {
  let index = 0;
  let result = "";
  for (const part of parts) {
    if (typeof part === "string") result += part;
    else {
      if (index >= list.size) throw new FormatProblem(`index ${index} out of range`);
      result += formatters[part.verb]?.(list.get(index), part.precision ?? 6, meter) ?? "";
      index += 1;
    }
    if (result.length > 16 * 1024 * 1024) throw new FormatProblem("text is too long");
  }
  return result;
}

/** `text.format(list)`. */
export function formatString(text: string, list: CelList, meter: Meter): string | CelFailure {
  const parts = parseFormat(text);
  if (typeof parts === "string") return new CelFailure("CEL_FORMAT", parts);
  try {
    return write(parts, list, meter);
  } catch (error) {
    if (error instanceof FormatProblem) return new CelFailure("CEL_FORMAT", error.message);
    throw error;
  }
}
