import { checkedInt, checkedUint, formatDouble, maxUint } from "../numbers.ts";
import { CelFailure, CelUint, overflow, type CelValue } from "../values.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "../time-text.ts";
import { checkedTimestamp, floorDivide, second } from "./time-arithmetic.ts";
import { ofDouble, ofDuration, ofInt, ofString, ofTimestamp, ofUint, same, type FunctionTable } from "./function.ts";
import { parseGoFloat } from "./parse-float.ts";

function notConvertible(from: string, to: string): CelFailure {
  return new CelFailure("CEL_CONVERSION", `type conversion error from '${from}' to '${to}'`);
}

function doubleToInt(value: number): CelValue {
  if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) return overflow("integer");
  return BigInt(Math.trunc(value));
}

function doubleToUint(value: number): CelValue {
  if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) return overflow("unsigned integer");
  return new CelUint(BigInt(Math.trunc(value)));
}

function stringToInt(text: string): CelValue {
  if (!/^[+-]?[0-9]+$/.test(text)) return notConvertible("string", "int");
  const value = checkedInt(BigInt(text.replace(/^\+/, "")));
  return value instanceof CelFailure ? notConvertible("string", "int") : value;
}

function stringToUint(text: string): CelValue {
  const value = /^[0-9]+$/.test(text) ? BigInt(text) : maxUint + 1n;
  return value > maxUint ? notConvertible("string", "uint") : new CelUint(value);
}

function stringToDouble(text: string): CelValue {
  return parseGoFloat(text) ?? notConvertible("string", "double");
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
]);

function bytesToString(value: CelValue | undefined): CelValue {
  if (!(value instanceof Uint8Array)) return notConvertible("bytes", "string");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return new CelFailure("CEL_CONVERSION", "invalid UTF-8 in bytes, cannot convert to string");
  }
}

/** Conversions between types. */
export const conversions: FunctionTable = {
  bool_to_bool: same,
  string_to_bool: ofString((text) => truths.get(text) ?? notConvertible("string", "bool")),
  bytes_to_bytes: same,
  string_to_bytes: ofString((text) => new TextEncoder().encode(text)),
  double_to_double: same,
  int64_to_double: ofInt((value) => Number(value)),
  uint64_to_double: ofUint((value) => Number(value)),
  string_to_double: ofString(stringToDouble),
  duration_to_duration: same,
  string_to_duration: ofString((text) => parseDuration(text) ?? notConvertible("string", "google.protobuf.Duration")),
  int64_to_int64: same,
  double_to_int64: ofDouble(doubleToInt),
  duration_to_int64: ofDuration((span) => span.nanoseconds),
  string_to_int64: ofString(stringToInt),
  timestamp_to_int64: ofTimestamp((time) => floorDivide(time.nanoseconds, second)),
  uint64_to_int64: ofUint((value) => checkedInt(value)),
  string_to_string: same,
  bool_to_string: ([value]) => (value === true ? "true" : "false"),
  bytes_to_string: ([value]) => bytesToString(value),
  double_to_string: ofDouble(formatDouble),
  duration_to_string: ofDuration(formatDuration),
  int64_to_string: ofInt((value) => value.toString()),
  timestamp_to_string: ofTimestamp(formatTimestamp),
  uint64_to_string: ofUint((value) => value.toString()),
  timestamp_to_timestamp: same,
  int64_to_timestamp: ofInt((value) => checkedTimestamp(value * second)),
  string_to_timestamp: ofString((text) => parseTimestamp(text) ?? notConvertible("string", "google.protobuf.Timestamp")),
  uint64_to_uint64: same,
  double_to_uint64: ofDouble(doubleToUint),
  int64_to_uint64: ofInt((value) => checkedUint(value)),
  string_to_uint64: ofString(stringToUint),
};
