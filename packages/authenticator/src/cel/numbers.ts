import { CelUint, overflow, type CelFailure, type CelValue } from "./values.ts";

/** int, uint or double. */
export type CelNumber = bigint | number | CelUint;

export const minInt: bigint = -(2n ** 63n);
export const maxInt: bigint = 2n ** 63n - 1n;
export const maxUint: bigint = 2n ** 64n - 1n;

/** Whether a value is an int, a uint or a double. */
export function isNumeric(value: CelValue): value is CelNumber {
  return typeof value === "bigint" || typeof value === "number" || value instanceof CelUint;
}

function sign(less: boolean, greater: boolean): number {
  if (less) return -1;
  return greater ? 1 : 0;
}

// An integer against a double: beyond the integer's range the double decides, within it the integer is rounded.
function compareWithDouble(left: bigint, right: number, low: number, high: number): number {
  if (right < low) return 1;
  if (right > high) return -1;
  const rounded = Number(left);
  return sign(rounded < right, rounded > right);
}

/** -1, 0 or 1, across number types; `NaN` when a side is not a number. */
export function compareNumbers(left: CelNumber, right: CelNumber): number {
  if (typeof left === "number") {
    if (typeof right !== "number") return -compareNumbers(right, left);
    return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : sign(left < right, left > right);
  }
  if (typeof right === "number") {
    if (Number.isNaN(right)) return Number.NaN;
    return typeof left === "bigint"
      ? compareWithDouble(left, right, -(2 ** 63), 2 ** 63)
      : compareWithDouble(left.value, right, 0, 2 ** 64);
  }
  const a = typeof left === "bigint" ? left : left.value;
  const b = typeof right === "bigint" ? right : right.value;
  return sign(a < b, a > b);
}

/** An int, or the failure of one that needs more than 64 bits. */
export function checkedInt(value: bigint): bigint | CelFailure {
  return value < minInt || value > maxInt ? overflow("integer") : value;
}

/** A uint, or the failure of one that is negative or needs more than 64 bits. */
export function checkedUint(value: bigint): CelUint | CelFailure {
  return value < 0n || value > maxUint ? overflow("unsigned integer") : new CelUint(value);
}

/** A double as Go prints it with `%g`: shortest, with an exponent below 1e-4 and from 1e6 on. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const text = value.toExponential();
  const exponent = Number(text.split("e")[1]);
  return exponent >= -4 && exponent < 6 ? toFixedDigits(value) : padExponent(text);
}

// `1e+6` as Go writes it: `1e+06`.
function padExponent(text: string): string {
  const [mantissa = "", exponent = ""] = text.split("e");
  return `${mantissa}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, "0")}`;
}

/** A double without exponent, shortest (Go's `'f', -1`). */
export function toFixedDigits(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return Object.is(value, -0) ? "-0" : text;
  const [mantissa = "", power = "0"] = text.split("e");
  const negative = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const shift = Number(power);
  if (shift < 0) return `${negative}0.${"0".repeat(-shift - 1)}${whole}${fraction}`;
  return negative + (whole + fraction).padEnd(whole.length + shift, "0");
}
