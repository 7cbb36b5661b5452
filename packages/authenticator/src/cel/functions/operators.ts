import { compare, isOrdered } from "../compare.ts";
import { isIn } from "../equality.ts";
import { CelList, concatenate } from "../lists.ts";
import { CelMap } from "../maps.ts";
import { codePointLength } from "../code-points.ts";
import { checkedInt, checkedUint, minInt } from "../numbers.ts";
import { typeNameOf } from "../type-names.ts";
import { CelDuration, CelFailure, CelObjectBase, CelTimestamp, CelTypeName, CelUint, noSuchOverload, type CelValue } from "../values.ts";
import { RootMap } from "../variables.ts";
import type { CelFunction, FunctionTable } from "./function.ts";
import { addTime, checkedDuration, subtractTime } from "./time-arithmetic.ts";

type Binary = (left: CelValue, right: CelValue) => CelValue;

function binary(run: Binary): CelFunction {
  return ([left = null, right = null]) => run(left, right);
}

function concatBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  return Buffer.concat([left, right]);
}

const add: Binary = (left, right) => {
  if (typeof left === "string" && typeof right === "string") return left + right;
  if (typeof left === "bigint" && typeof right === "bigint") return checkedInt(left + right);
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (left instanceof CelList && right instanceof CelList) return concatenate(left, right);
  return addObjects(left, right);
};

const addObjects: Binary = (left, right) => {
  if (left instanceof CelUint && right instanceof CelUint) return checkedUint(left.value + right.value);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return concatBytes(left, right);
  return addTime(left, right) ?? noSuchOverload("_+_");
};

const subtract: Binary = (left, right) => {
  if (typeof left === "bigint" && typeof right === "bigint") return checkedInt(left - right);
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (left instanceof CelUint && right instanceof CelUint) return checkedUint(left.value - right.value);
  return subtractTime(left, right) ?? noSuchOverload("_-_");
};

const multiply: Binary = (left, right) => {
  if (typeof left === "bigint" && typeof right === "bigint") return checkedInt(left * right);
  if (typeof left === "number" && typeof right === "number") return left * right;
  if (left instanceof CelUint && right instanceof CelUint) return checkedUint(left.value * right.value);
  return noSuchOverload("_*_");
};

function byZero(name: string): CelFailure {
  return new CelFailure("CEL_DIVISION_BY_ZERO", `${name} by zero`);
}

const divide: Binary = (left, right) => {
  if (typeof left === "bigint" && typeof right === "bigint") return right === 0n ? byZero("division") : checkedInt(left / right);
  if (typeof left === "number" && typeof right === "number") return left / right;
  if (left instanceof CelUint && right instanceof CelUint)
    return right.value === 0n ? byZero("division") : new CelUint(left.value / right.value);
  return noSuchOverload("_/_");
};

const modulo: Binary = (left, right) => {
  if (typeof left === "bigint" && typeof right === "bigint") {
    if (right === 0n) return byZero("modulus");
    return left === minInt && right === -1n ? checkedInt(-minInt) : left % right;
  }
  if (left instanceof CelUint && right instanceof CelUint)
    return right.value === 0n ? byZero("modulus") : new CelUint(left.value % right.value);
  return noSuchOverload("_%_");
};

const negate: CelFunction = ([value]) => {
  if (typeof value === "bigint") return checkedInt(-value);
  if (typeof value === "number") return -value;
  if (value instanceof CelDuration) return checkedDuration(-value.nanoseconds);
  return noSuchOverload("-_");
};

function relation(name: string, holds: (order: number) => boolean): CelFunction {
  return binary((left, right) => {
    if (!isOrdered(left)) return noSuchOverload(name);
    const order = compare(left, right);
    return typeof order === "number" ? holds(order) : order;
  });
}

const size: CelFunction = ([value = null]) => {
  if (typeof value === "string") return BigInt(codePointLength(value));
  if (value instanceof Uint8Array) return BigInt(value.length);
  if (value instanceof CelList || (value instanceof CelMap && !(value instanceof RootMap))) return BigInt(value.size);
  return noSuchOverload("size");
};

/** Functions that choose by the values they get, whatever the types said. */
export const operators: FunctionTable = {
  "_+_": binary(add),
  "_-_": binary(subtract),
  "_*_": binary(multiply),
  "_/_": binary(divide),
  "_%_": binary(modulo),
  "-_": negate,
  "!_": ([value]) => (typeof value === "boolean" ? !value : noSuchOverload("!_")),
  "_<_": relation("_<_", (order) => order < 0),
  "_<=_": relation("_<=_", (order) => order <= 0),
  "_>_": relation("_>_", (order) => order > 0),
  "_>=_": relation("_>=_", (order) => order >= 0),
  "@in": ([value = null, container = null], meter) => isIn(value, container, meter),
  size,
  type: ([value = null]) => new CelTypeName(typeNameOf(value)),
  dyn: ([value = null]) => value,
};

/** The size of a value in the cost model; 1 for what has none. */
export function costSize(value: CelValue): number {
  if (typeof value === "string") return codePointLength(value);
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  return value instanceof CelObjectBase && !(value instanceof CelTimestamp) ? value.costSize : 1;
}
