import { CelObjectBase, CelFailure, noSuchOverload, type CelObject, type CelValue } from "../values.ts";
import { addAmounts, compareAmounts, parseAmount, type Amount } from "../amount.ts";
import { ofString, type CelFunction, type FunctionTable } from "./function.ts";
import { minInt, maxInt } from "../numbers.ts";

/** A Kubernetes resource quantity: `1.5Gi`, `200m`. */
export class Quantity extends CelObjectBase {
  readonly typeName = "kubernetes.Quantity";
  readonly amount: Amount;
  /** Sums and differences are held by reference in kube-apiserver, and as a right side equal nothing. */
  readonly isSum: boolean;
  constructor(amount: Amount, isSum = false) {
    super();
    this.amount = amount;
    this.isSum = isSum;
  }
  equals(other: CelObject): boolean | CelFailure {
    if (!(other instanceof Quantity) || other.isSum) return noSuchOverload("==");
    return compareAmounts(this.amount, other.amount) === 0;
  }
}

function ofQuantity(run: (quantity: Quantity) => CelValue): CelFunction {
  return ([quantity]) => (quantity instanceof Quantity ? run(quantity) : noSuchOverload("quantity"));
}

function ofQuantities(run: (left: Amount, right: Amount) => CelValue): CelFunction {
  return ([left, right]) =>
    left instanceof Quantity && right instanceof Quantity ? run(left.amount, right.amount) : noSuchOverload("quantity");
}

function sum(sign: 1n | -1n): CelFunction {
  return ([left, right]) => {
    if (!(left instanceof Quantity)) return noSuchOverload("quantity");
    if (right instanceof Quantity) return new Quantity(addAmounts(left.amount, right.amount, sign), true);
    if (typeof right !== "bigint") return noSuchOverload("quantity");
    const whole: Amount = { unscaled: right, scale: 0, isInt64: true };
    return new Quantity(addAmounts(left.amount, whole, sign), true);
  };
}

// The value as an int when it is one that Go keeps in 64 bits.
function asInteger({ unscaled, scale, isInt64 }: Amount): bigint | undefined {
  if (!isInt64 || scale > 0) return undefined;
  const value = unscaled * 10n ** BigInt(-scale);
  return value < minInt || value > maxInt ? undefined : value;
}

function approximate({ unscaled, scale }: Amount): number {
  return scale === 0 ? Number(unscaled) : Number(unscaled) * Number(`1e${-scale}`);
}

/** Kubernetes' quantity functions. */
export const quantityFunctions: FunctionTable = {
  string_to_quantity: ofString((text) => {
    const amount = parseAmount(text);
    return amount === undefined ? new CelFailure("CEL_CONVERSION", "unable to parse quantity") : new Quantity(amount);
  }),
  is_quantity_string: ofString((text) => parseAmount(text) !== undefined),
  quantity_sign: ofQuantity(({ amount }) => BigInt(compareAmounts(amount, { unscaled: 0n, scale: 0, isInt64: true }))),
  quantity_is_greater_than: ofQuantities((left, right) => compareAmounts(left, right) === 1),
  quantity_is_less_than: ofQuantities((left, right) => compareAmounts(left, right) === -1),
  quantity_compare_to: ofQuantities((left, right) => BigInt(compareAmounts(left, right))),
  quantity_get_float: ofQuantity(({ amount }) => approximate(amount)),
  quantity_get_int: ofQuantity(({ amount }) => asInteger(amount) ?? new CelFailure("CEL_CONVERSION", "cannot convert value to integer")),
  quantity_is_integer: ofQuantity(({ amount }) => asInteger(amount) !== undefined),
  quantity_add: sum(1n),
  quantity_add_int: sum(1n),
  quantity_sub: sum(-1n),
  quantity_sub_int: sum(-1n),
};
