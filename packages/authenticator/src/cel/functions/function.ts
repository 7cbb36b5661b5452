import type { Meter } from "../meter.ts";
import { CelOptional, CelTimestamp, CelDuration, CelUint, noSuchOverload, type CelValue } from "../values.ts";
import { CelList } from "../lists.ts";

/** One implementation, called with arguments that are values, never failures. */
export type CelFunction = (parameters: readonly CelValue[], meter: Meter) => CelValue;

/** Implementations by overload, or by function for those that look at their arguments themselves. */
export type FunctionTable = Readonly<Record<string, CelFunction>>;

/** An implementation for one string; the overload's guard has already looked at the type. */
export function ofString(run: (text: string, meter: Meter) => CelValue): CelFunction {
  return ([text], meter) => (typeof text === "string" ? run(text, meter) : noSuchOverload("string"));
}

/** An implementation for two strings. */
export function ofStrings(run: (left: string, right: string, meter: Meter) => CelValue): CelFunction {
  return ([left, right], meter) =>
    typeof left === "string" && typeof right === "string" ? run(left, right, meter) : noSuchOverload("string");
}

/** An implementation for one list. */
export function ofList(run: (list: CelList, meter: Meter) => CelValue): CelFunction {
  return ([list], meter) => (list instanceof CelList ? run(list, meter) : noSuchOverload("list"));
}

/** An implementation for a timestamp. */
export function ofTimestamp(run: (time: CelTimestamp, zone: CelValue | undefined) => CelValue): CelFunction {
  return ([time, zone]) => (time instanceof CelTimestamp ? run(time, zone) : noSuchOverload("timestamp"));
}

/** An implementation for a duration. */
export function ofDuration(run: (span: CelDuration) => CelValue): CelFunction {
  return ([span]) => (span instanceof CelDuration ? run(span) : noSuchOverload("duration"));
}

/** An implementation for an optional. */
export function ofOptional(run: (optional: CelOptional) => CelValue): CelFunction {
  return ([optional]) => (optional instanceof CelOptional ? run(optional) : noSuchOverload("optional"));
}

/** An implementation for a double. */
export function ofDouble(run: (value: number) => CelValue): CelFunction {
  return ([value]) => (typeof value === "number" ? run(value) : noSuchOverload("double"));
}

/** An implementation for an int. */
export function ofInt(run: (value: bigint) => CelValue): CelFunction {
  return ([value]) => (typeof value === "bigint" ? run(value) : noSuchOverload("int"));
}

/** An implementation for a uint. */
export function ofUint(run: (value: bigint) => CelValue): CelFunction {
  return ([value]) => (value instanceof CelUint ? run(value.value) : noSuchOverload("uint"));
}

/** Gives its argument back. */
export const same: CelFunction = ([value = null]) => value;
