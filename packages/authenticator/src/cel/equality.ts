import { CelList } from "./lists.ts";
import { CelMap } from "./maps.ts";
import type { Meter } from "./meter.ts";
import { compareNumbers, isNumeric } from "./numbers.ts";
import {
  CelDuration,
  type CelFailure,
  CelObjectBase,
  CelOptional,
  CelTimestamp,
  CelTypeName,
  noSuchOverload,
  type CelValue,
} from "./values.ts";
import { RootMap } from "./variables.ts";

/** Whether two values are equal; a failure when one is of a type that refuses the comparison. */
export function equal(left: CelValue, right: CelValue, meter: Meter): boolean | CelFailure {
  meter.step();
  if (left === null || right === null) return left === right;
  if (isNumeric(left)) return isNumeric(right) && compareNumbers(left, right) === 0;
  return typeof left === "object" ? equalObjects(left, right, meter) : left === right;
}

function equalObjects(left: CelValue & object, right: CelValue, meter: Meter): boolean | CelFailure {
  if (left instanceof CelList) return right instanceof CelList && equalLists(left, right, meter);
  if (left instanceof CelMap) return equalMaps(left, right, meter);
  if (left instanceof CelObjectBase) return right instanceof CelObjectBase ? left.equals(right) : noSuchOverload("==");
  if (left instanceof CelOptional) return right instanceof CelOptional && equalOptionals(left, right, meter);
  return equalScalars(left, right);
}

function equalScalars(left: CelValue & object, right: CelValue): boolean {
  if (left instanceof CelTimestamp) return right instanceof CelTimestamp && left.nanoseconds === right.nanoseconds;
  if (left instanceof CelDuration) return right instanceof CelDuration && left.nanoseconds === right.nanoseconds;
  if (left instanceof CelTypeName) return right instanceof CelTypeName && left.name === right.name;
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  return left === right;
}

function equalOptionals(left: CelOptional, right: CelOptional, meter: Meter): boolean | CelFailure {
  if (left.value === undefined || right.value === undefined) return left.value === right.value;
  return equal(left.value, right.value, meter);
}

function equalLists(left: CelList, right: CelList, meter: Meter): boolean {
  if (left.size !== right.size) return false;
  for (let index = 0; index < left.size; index += 1) if (equal(left.next(index), right.get(index), meter) === false) return false;
  return true;
}

function equalMaps(left: CelMap, right: CelValue, meter: Meter): boolean | CelFailure {
  if (left instanceof RootMap) return right instanceof RootMap ? left === right : noSuchOverload("==");
  if (!(right instanceof CelMap) || left.size !== right.size) return false;
  return left.keys().every((key) => {
    const mine = left.get(key);
    const other = right.find(key);
    if (other === undefined) return false;
    return equal(mine, other, meter) !== false;
  });
}

/** Whether a list holds a value. */
export function listContains(list: CelList, value: CelValue, meter: Meter): boolean {
  for (let index = 0; index < list.size; index += 1) if (equal(value, list.next(index), meter) === true) return true;
  return false;
}

/** `value in container`. */
export function isIn(value: CelValue, container: CelValue, meter: Meter): CelValue {
  if (container instanceof CelList) return listContains(container, value, meter);
  return container instanceof CelMap ? container.contains(value) : noSuchOverload("in");
}
