import { CelList, ValueList } from "../lists.ts";
import { CelMap, EntryMap } from "../maps.ts";
import { CelDuration, CelFailure, CelOptional, CelTimestamp, CelUint, invalidArgument, noSuchOverload, type CelValue } from "../values.ts";
import { ofList, ofOptional, type CelFunction, type FunctionTable } from "./function.ts";

const zeroTime = -62_135_596_800_000_000_000n;

function isZero(value: CelValue): boolean {
  if (value === null || value === "" || value === false || value === 0 || value === 0n) return true;
  return typeof value === "object" && isZeroObject(value);
}

function isZeroObject(value: CelValue & object): boolean {
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0 && !value.isWrapped;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.nanoseconds === 0n;
  return value instanceof CelTimestamp && value.nanoseconds === zeroTime;
}

function unwrap(list: CelList): CelValue {
  const result: CelValue[] = [];
  for (let index = 0; index < list.size; index += 1) {
    const value = list.next(index);
    if (!(value instanceof CelOptional)) return invalidArgument("value is not optional");
    if (value.value !== undefined) result.push(value.value);
  }
  return new ValueList(result);
}

function insert(map: CelMap, key: CelValue, value: CelValue): CelFailure | undefined {
  if (!(map instanceof EntryMap)) return noSuchOverload("cel.@mapInsert");
  if (map.find(key) !== undefined) return new CelFailure("CEL_KEY_EXISTS", "insert failed: key already exists");
  map.set(key, value);
  return undefined;
}

const insertPair: CelFunction = ([map, key = null, value = null]) =>
  map instanceof CelMap ? (insert(map, key, value) ?? map) : noSuchOverload("cel.@mapInsert");

const insertAll: CelFunction = ([map, other]) => {
  if (!(map instanceof CelMap) || !(other instanceof CelMap)) return noSuchOverload("cel.@mapInsert");
  for (const key of other.keys()) {
    const problem = insert(map, key, other.get(key));
    if (problem !== undefined) return problem;
  }
  return map;
};

/** Optional values, and how two-variable macros fill their maps. */
export const optionalFunctions: FunctionTable = {
  optional_of: ([value = null]) => new CelOptional(value),
  optional_ofNonZeroValue: ([value = null]) => (isZero(value) ? CelOptional.none : new CelOptional(value)),
  optional_none: () => CelOptional.none,
  optional_value: ofOptional(({ value }) =>
    value === undefined ? new CelFailure("CEL_OPTIONAL_NONE", "optional.none() dereference") : value,
  ),
  optional_hasValue: ofOptional(({ value }) => value !== undefined),
  optional_unwrap: ofList(unwrap),
  optional_unwrapOpt: ofList(unwrap),
  "@mapInsert_map_key_value": insertPair,
  "@mapInsert_map_map": insertAll,
};
