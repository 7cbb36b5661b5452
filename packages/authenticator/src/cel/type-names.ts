import type { CelType } from "./cel-type.ts";
import { CelList } from "./lists.ts";
import { CelMap } from "./maps.ts";
import { CelDuration, CelFailure, CelObjectBase, CelOptional, CelTimestamp, CelTypeName, CelUint, type CelValue } from "./values.ts";

const primitiveNames: Readonly<Record<string, string>> = {
  boolean: "bool",
  string: "string",
  number: "double",
  bigint: "int",
};

/** The name that `type(value)` shows. */
export function typeNameOf(value: CelValue): string {
  if (value === null) return "null_type";
  return typeof value === "object" ? objectTypeName(value) : (primitiveNames[typeof value] ?? "error");
}

function objectTypeName(value: CelValue & object): string {
  if (value instanceof CelList) return "list";
  if (value instanceof CelMap || value instanceof CelObjectBase) return value.typeName;
  if (value instanceof CelUint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof CelOptional) return "optional_type";
  if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  return value instanceof CelTypeName ? "type" : "error";
}

const runtimeNames: Readonly<Record<string, string>> = {
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  null: "null_type",
};

function isWildcard(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "any" || type.kind === "param";
}

/** Whether a value can be given where a type is declared; of lists and maps only the first element is looked at. */
export function isOfType(value: CelValue, type: CelType): boolean {
  if (isWildcard(type)) return !(value instanceof CelFailure);
  if (typeNameOf(value) !== (runtimeNames[type.name] ?? type.name)) return false;
  const [first, second] = type.parameters;
  if (first === undefined) return true;
  if (value instanceof CelList) return value.size === 0 || isOfType(value.next(0), first);
  return !(value instanceof CelMap) || second === undefined || isMapOfType(value, first, second);
}

function isMapOfType(map: CelMap, keyType: CelType, valueType: CelType): boolean {
  const [key] = map.size === 0 ? [] : map.keys();
  return key === undefined || (isOfType(key, keyType) && isOfType(map.get(key), valueType));
}
