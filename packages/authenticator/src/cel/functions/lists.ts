import { compare, isOrdered } from "../compare.ts";
import { equal } from "../equality.ts";
import { CelList, ValueList } from "../lists.ts";
import type { Meter } from "../meter.ts";
import { typeNameOf } from "../type-names.ts";
import { CelDuration, CelFailure, CelOptional, CelUint, invalidArgument, noSuchOverload, type CelValue } from "../values.ts";
import { ofList, type CelFunction, type FunctionTable } from "./function.ts";
import { operators } from "./operators.ts";

const maxRange = 1_000_000n;

function toArray(list: CelList): CelValue[] {
  return Array.from({ length: list.size }, (_, index) => list.get(index));
}

const slice: CelFunction = ([list, start, end]) => {
  if (!(list instanceof CelList) || typeof start !== "bigint" || typeof end !== "bigint") return noSuchOverload("slice");
  if (start < 0n || end < 0n) return invalidArgument(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) return invalidArgument(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (BigInt(list.size) < end) return invalidArgument(`cannot slice(${start}, ${end}), list is length ${list.size}`);
  return new ValueList(toArray(list).slice(Number(start), Number(end)));
};

function flattenInto(result: CelValue[], list: CelList, depth: bigint, meter: Meter): void {
  for (let index = 0; index < list.size; index += 1) {
    meter.step();
    const value = list.next(index);
    if (value instanceof CelList && depth > 0n) flattenInto(result, value, depth - 1n, meter);
    else result.push(value);
  }
}

const flatten: CelFunction = ([list, depth = 1n], meter) => {
  if (!(list instanceof CelList) || typeof depth !== "bigint") return noSuchOverload("flatten");
  if (depth < 0n) return invalidArgument("level must be non-negative");
  const result: CelValue[] = [];
  flattenInto(result, list, depth, meter);
  return new ValueList(result);
};

const range: CelFunction = ([size]) => {
  if (typeof size !== "bigint") return noSuchOverload("lists.range");
  if (size < 0n) return invalidArgument(`lists.range: size must be non-negative, got ${size}`);
  if (size > maxRange) return invalidArgument(`lists.range: size ${size} exceeds maximum allowed (${maxRange})`);
  return new ValueList(Array.from({ length: Number(size) }, (_, index) => BigInt(index)));
};

function distinct(list: CelList, meter: Meter): CelValue {
  if (list.size === 0) return list;
  const result: CelValue[] = [];
  for (const value of toArray(list)) if (!result.some((other) => equal(value, other, meter) === true)) result.push(value);
  return new ValueList(result);
}

function sortBy(list: CelValue | undefined, keys: CelValue | undefined): CelValue {
  if (!(list instanceof CelList) || !(keys instanceof CelList)) return noSuchOverload("sort");
  if (list.size !== keys.size)
    return invalidArgument(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.size} and ${keys.size} elements respectively`,
    );
  if (list.size === 0) return list;
  const keyed = toArray(keys).map((key, index) => ({ key, value: list.get(index) }));
  const problem = sortProblem(keyed.map(({ key }) => key));
  if (problem !== undefined) return invalidArgument(problem);
  const sorted = keyed.toSorted((left, right) => {
    const order = compare(left.key, right.key);
    return typeof order === "number" ? order : 0;
  });
  return new ValueList(sorted.map(({ value }) => value));
}

function sortProblem(keys: readonly CelValue[]): string | undefined {
  const [first = null] = keys;
  if (!isOrdered(first)) return "list elements must be comparable";
  const type = typeNameOf(first);
  return keys.some((key) => typeNameOf(key) !== type) ? "list elements must have the same type" : undefined;
}

function isSorted(list: CelList): CelValue {
  for (let index = 0; index < list.size; index += 1) {
    const value = list.next(index);
    if (!isOrdered(value)) return noSuchOverload("isSorted");
    if (index > 0 && compare(list.next(index - 1), value) === 1) return false;
  }
  return true;
}

function summing(zero: CelValue): CelFunction {
  return ofList((list, meter) => {
    let sum = zero;
    for (let index = 0; index < list.size && !(sum instanceof CelFailure); index += 1)
      sum = operators["_+_"]?.([sum, list.next(index)], meter) ?? sum;
    return sum;
  });
}

function extreme(name: string, replaceWhen: number): CelFunction {
  return ofList((list) => {
    let best: CelValue | undefined;
    for (let index = 0; index < list.size; index += 1) {
      const value = list.next(index);
      if (!isOrdered(value)) return noSuchOverload(name);
      if (best === undefined || compare(best, value) === replaceWhen) best = value;
    }
    return best ?? invalidArgument(`${name} called on empty list`);
  });
}

function position(list: CelValue | undefined, value: CelValue, meter: Meter, order: 1 | -1): CelValue {
  if (!(list instanceof CelList)) return noSuchOverload("indexOf");
  for (let step = 0; step < list.size; step += 1) {
    const index = order === 1 ? step : list.size - 1 - step;
    if (equal(list.get(index), value, meter) === true) return BigInt(index);
  }
  return -1n;
}

const includes: CelFunction = ([target = null, value = null], meter) => {
  if (!(target instanceof CelList)) return equal(target, value, meter) === true;
  for (let index = 0; index < target.size; index += 1) if (equal(target.next(index), value, meter) === true) return true;
  return false;
};

function byType(types: readonly string[], name: (type: string) => string, run: (type: string) => CelFunction): FunctionTable {
  return Object.fromEntries(types.map((type) => [name(type), run(type)]));
}

const ordered = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];
const zeros: Readonly<Record<string, CelValue>> = { int: 0n, uint: new CelUint(0n), double: 0, duration: new CelDuration(0n) };

/** Functions that look at their arguments themselves. */
export const listSingletons: FunctionTable = {
  sort: ([list]) => sortBy(list, list),
  "@sortByAssociatedKeys": ([list, keys]) => sortBy(list, keys),
};

/** The list extension, version 3, Kubernetes' list functions and what optionals add to lists. */
export const listFunctions: FunctionTable = {
  list_slice: slice,
  list_flatten: flatten,
  list_flatten_int: flatten,
  lists_range: range,
  list_reverse: ofList((list) => new ValueList(toArray(list).toReversed())),
  list_distinct: ofList(distinct),
  list_first: ofList((list) => (list.size === 0 ? CelOptional.none : new CelOptional(list.get(0)))),
  list_last: ofList((list) => (list.size === 0 ? CelOptional.none : new CelOptional(list.get(list.size - 1)))),
  ...byType(
    ordered,
    (type) => `list_${type}_is_sorted_bool`,
    () => ofList(isSorted),
  ),
  ...byType(
    Object.keys(zeros),
    (type) => `list_${type}_sum_${type}`,
    (type) => summing(zeros[type] ?? 0n),
  ),
  ...byType(
    ordered,
    (type) => `list_${type}_max_${type}`,
    () => extreme("max", -1),
  ),
  ...byType(
    ordered,
    (type) => `list_${type}_min_${type}`,
    () => extreme("min", 1),
  ),
  list_a_index_of_int: ([list, value = null], meter) => position(list, value, meter, 1),
  list_a_last_index_of_int: ([list, value = null], meter) => position(list, value, meter, -1),
  list_includes_dyn_dyn: includes,
};
