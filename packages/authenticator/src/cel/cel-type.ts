/** What a static type is, apart from its name and parameters. */
export type CelTypeKind = "primitive" | "null" | "list" | "map" | "type" | "dyn" | "any" | "error" | "param" | "struct" | "opaque";

/** A static type of CEL: `list(string)`, `map(string, any)`, `kubernetes.Quantity`, a type parameter. */
export interface CelType {
  readonly kind: CelTypeKind;
  readonly name: string;
  readonly parameters: readonly CelType[];
  /** The type as messages and substitutions spell it; equal text means equal type. */
  readonly text: string;
}

function makeType(kind: CelTypeKind, name: string, parameters: readonly CelType[] = []): CelType {
  const text = parameters.length === 0 ? name : `${name}(${parameters.map((parameter) => parameter.text).join(", ")})`;
  return { kind, name, parameters, text };
}

/** Matches anything; the type of what nobody knows before the claims are there. */
export const dynType: CelType = makeType("dyn", "dyn");
/** `google.protobuf.Any`: the type of a claim. */
export const anyType: CelType = makeType("any", "any");
/** The type of an expression that was refused, so that one mistake is told once. */
export const errorType: CelType = makeType("error", "!error!");
export const boolType: CelType = makeType("primitive", "bool");
export const bytesType: CelType = makeType("primitive", "bytes");
export const doubleType: CelType = makeType("primitive", "double");
export const intType: CelType = makeType("primitive", "int");
export const stringType: CelType = makeType("primitive", "string");
export const uintType: CelType = makeType("primitive", "uint");
export const nullType: CelType = makeType("null", "null");
export const durationType: CelType = makeType("primitive", "duration");
export const timestampType: CelType = makeType("primitive", "timestamp");
/** The user variable's type. */
export const userInfoType: CelType = makeType("struct", "kubernetes.UserInfo");

/** `list(element)`. */
export function listOf(element: CelType): CelType {
  return makeType("list", "list", [element]);
}

/** `map(key, value)`. */
export function mapOf(key: CelType, value: CelType): CelType {
  return makeType("map", "map", [key, value]);
}

/** `type(parameter)`: the type of a type's name. */
export function typeOfType(parameter: CelType | undefined): CelType {
  return makeType("type", "type", parameter === undefined ? [] : [parameter]);
}

/** `optional_type(parameter)`. */
export function optionalOf(parameter: CelType): CelType {
  return opaqueType("optional_type", [parameter]);
}

/** A type that only its own functions know. */
export function opaqueType(name: string, parameters: readonly CelType[] = []): CelType {
  return makeType("opaque", name, parameters);
}

/** A type parameter, declared (`A`) or free (`_var3`). */
export function parameterType(name: string): CelType {
  return makeType("param", name);
}

const named: Readonly<Record<string, CelType>> = {
  dyn: dynType,
  any: anyType,
  bool: boolType,
  bytes: bytesType,
  double: doubleType,
  int: intType,
  string: stringType,
  uint: uintType,
  duration: durationType,
  timestamp: timestampType,
};

const kinds: Readonly<Record<string, CelTypeKind>> = { list: "list", map: "map", type: "type" };

/** A type as the declaration tables spell it; `;` separates parameters, a capital letter is a type parameter. */
export function parseType(text: string): CelType {
  const open = text.indexOf("(");
  if (open >= 0) {
    const parameters = splitParameters(text.slice(open + 1, -1)).map((parameter) => parseType(parameter));
    return makeType(kinds[text.slice(0, open)] ?? "opaque", text.slice(0, open), parameters);
  }
  if (/^[A-Z]$/.test(text)) return parameterType(text);
  if (text.startsWith("kubernetes.")) return makeType("struct", text);
  return named[text] ?? opaqueType(text);
}

function splitParameters(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [index, character] of Array.from(text).entries()) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (character === ";" && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** True for `dyn` and `any`. */
export function isDyn(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "any";
}

/** The type inside `optional_type(…)`, or `undefined` for any other type. */
export function unwrapOptional(type: CelType): CelType | undefined {
  return type.kind === "opaque" && type.name === "optional_type" ? type.parameters[0] : undefined;
}

/** The same type with its parameters replaced. */
export function withParameters(type: CelType, parameters: readonly CelType[]): CelType {
  return makeType(type.kind, type.name, parameters);
}

const outputNames: Readonly<Record<string, string>> = {
  null: "null_type",
  any: "google.protobuf.Any",
  duration: "google.protobuf.Duration",
  timestamp: "google.protobuf.Timestamp",
};

/** A type as kube-apiserver names what an expression yields: `map(string, google.protobuf.Any)`. */
export function formatOutputType(type: CelType): string {
  const name = outputNames[type.name] ?? type.name;
  return type.parameters.length === 0 ? name : `${name}(${type.parameters.map((part) => formatOutputType(part)).join(", ")})`;
}
