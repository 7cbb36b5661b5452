import type { JsonValue } from "@kubepass/wire";
import { formatAddress, formatGoUrl } from "@kubepass/wire";
import { formatAmount } from "./amount.ts";
import { CelCidr, CelIp } from "./functions/network.ts";
import { NamedFormat } from "./functions/named-format.ts";
import { Quantity } from "./functions/quantity.ts";
import { SemanticVersion } from "./functions/semver.ts";
import { CelUrl } from "./functions/url.ts";
import { CelList } from "./lists.ts";
import { CelMap } from "./maps.ts";
import { formatTimestamp } from "./time-text.ts";
import { CelDuration, CelFailure, CelObjectBase, CelOptional, CelTimestamp, CelTypeName, CelUint, type CelValue } from "./values.ts";
import { RootMap } from "./variables.ts";

/**
 * A value in JSON so that values that differ look different: `{"int": "1"}`, `{"optional": []}`. Strings, booleans,
 * null and lists stay what they are. For logs of dry runs and for tests; it may hold claim values.
 */
export function describeCelValue(value: CelValue): JsonValue {
  if (typeof value === "bigint") return { int: value.toString() };
  if (typeof value === "number") return { double: doubleBits(value) };
  return typeof value === "object" && value !== null ? describeObject(value) : value;
}

function doubleBits(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString();
}

function describeObject(value: CelValue & object): JsonValue {
  if (value instanceof CelList) return Array.from({ length: value.size }, (_, index) => describeCelValue(value.get(index)));
  if (value instanceof CelMap) return describeMap(value);
  if (value instanceof CelOptional) return { optional: value.value === undefined ? [] : [describeCelValue(value.value)] };
  if (value instanceof CelObjectBase) return describeOpaque(value);
  return describeScalar(value);
}

function describeScalar(value: CelValue & object): JsonValue {
  if (value instanceof CelUint) return { uint: value.value.toString() };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  if (value instanceof CelTimestamp) return { timestamp: formatTimestamp(value) };
  if (value instanceof CelDuration) return { duration: value.nanoseconds.toString() };
  if (value instanceof CelTypeName) return { type: value.name };
  return { failure: value instanceof CelFailure ? value.code : "unknown" };
}

function describeMap(map: CelMap): JsonValue {
  if (map instanceof RootMap) return { variable: map.typeName };
  const entries = map.keys().map((key): JsonValue[] => [describeCelValue(key), describeCelValue(map.get(key))]);
  const named = entries.map((entry) => ({ name: JSON.stringify(entry[0]), entry }));
  return { map: named.toSorted((left, right) => (left.name < right.name ? -1 : 1)).map(({ entry }) => entry) };
}

function describeOpaque(value: CelObjectBase): JsonValue {
  if (value instanceof CelIp) return { ip: formatAddress(value.address) };
  if (value instanceof CelCidr) return { cidr: value.format() };
  if (value instanceof CelUrl) return { url: formatGoUrl(value.parts) };
  if (value instanceof SemanticVersion) return { semver: value.format() };
  if (value instanceof Quantity) return { quantity: formatAmount(value.amount) };
  return value instanceof NamedFormat ? { format: value.name } : { type: value.typeName };
}
