import { compareText } from "./code-points.ts";
import { compareNumbers, isNumeric } from "./numbers.ts";
import { CelDuration, CelFailure, CelTimestamp, noSuchOverload, type CelValue } from "./values.ts";

/** Whether values of this value's type can be ordered at all. */
export function isOrdered(value: CelValue): boolean {
  return (
    isNumeric(value) ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    value instanceof Uint8Array ||
    value instanceof CelTimestamp ||
    value instanceof CelDuration
  );
}

function order(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** -1, 0 or 1; a failure for values that have no order between them. */
export function compare(left: CelValue, right: CelValue): number | CelFailure {
  if (isNumeric(left) && isNumeric(right)) {
    const result = compareNumbers(left, right);
    return Number.isNaN(result) ? new CelFailure("CEL_INVALID_ARGUMENT", "NaN values cannot be ordered") : result;
  }
  if (typeof left === "number" && Number.isNaN(left)) return new CelFailure("CEL_INVALID_ARGUMENT", "NaN values cannot be ordered");
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  return compareObjects(left, right);
}

function compareObjects(left: CelValue, right: CelValue): number | CelFailure {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  if (left instanceof CelTimestamp && right instanceof CelTimestamp) return order(left.nanoseconds, right.nanoseconds);
  if (left instanceof CelDuration && right instanceof CelDuration) return order(left.nanoseconds, right.nanoseconds);
  return noSuchOverload("comparison");
}
