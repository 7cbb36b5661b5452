import { maxInt, minInt } from "./numbers.ts";

/** A decimal number, `unscaled` · 10^-`scale`, as `k8s.io/apimachinery/pkg/api/resource` holds it. */
export interface Amount {
  readonly unscaled: bigint;
  readonly scale: number;
  /** Whether Go holds it in 64 bits; only then it can be an integer. */
  readonly isInt64: boolean;
}

const decimalExponents: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);

const binaryExponents: ReadonlyMap<string, number> = new Map(
  ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map((suffix, index) => [suffix, (index + 1) * 10] as const),
);

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
}

// Exponents past this make numbers that no cluster counts, and that would take minutes to write down.
const maxExponent = 100_000;

function parseSuffix(text: string): Suffix | undefined {
  const decimal = decimalExponents.get(text);
  if (decimal !== undefined) return { base: 10, exponent: decimal };
  const binary = binaryExponents.get(text);
  if (binary !== undefined) return { base: 2, exponent: binary };
  if (!/^[eE][+-]?[0-9]+$/.test(text)) return undefined;
  const exponent = BigInt(text.slice(1).replace("+", ""));
  if (exponent < minInt || exponent > maxInt) return undefined;
  return { base: 10, exponent: Number(BigInt.asIntN(32, exponent)) };
}

interface Digits {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
  readonly hasDigits: boolean;
}

// Leading zeros are dropped from the whole part; with nothing else there it is "0".
function readDigits(sign: string, number: string): Digits {
  const [integral = "", fraction = ""] = number.split(".");
  const whole = integral.replace(/^0+/, "");
  return { negative: sign === "-", whole: whole === "" ? "0" : whole, fraction, hasDigits: integral + fraction !== "" };
}

// The form that Go keeps in 64 bits, or `undefined` when it takes the slower, exact one.
function fastAmount(digits: Digits, suffix: Suffix): Amount | undefined {
  const length = digits.whole.length + digits.fraction.length;
  const isBinary = suffix.base === 2;
  if (isBinary && digits.fraction !== "") return undefined;
  const precision = isBinary ? 15 - digits.whole.length - Math.trunc((suffix.exponent * 3) / 10) - 1 : 18 - length;
  const power = (isBinary ? 0 : suffix.exponent) - digits.fraction.length;
  if (precision < 0 || power < -9) return undefined;
  const value = BigInt(digits.whole + digits.fraction) * (isBinary ? 1n << BigInt(suffix.exponent) : 1n);
  if (value > maxInt) return undefined;
  return { unscaled: digits.negative ? -value : value, scale: -power, isInt64: true };
}

function roundUpTo(value: bigint, scale: number, places: number): { unscaled: bigint; scale: number } {
  const unit = 10n ** BigInt(scale - places);
  const quotient = value / unit;
  return { unscaled: quotient * unit === value ? quotient : quotient + 1n, scale: places };
}

// The exact form: anything finer than a nano is rounded up, binary quantities stop at the largest int.
function exactAmount(digits: Digits, suffix: Suffix): Amount {
  const factor = suffix.base === 2 ? 1n << BigInt(suffix.exponent) : 1n;
  let unscaled = BigInt(digits.whole + digits.fraction) * factor;
  let scale = digits.fraction.length - (suffix.base === 10 ? suffix.exponent : 0);
  if (unscaled !== 0n && scale > 9) ({ unscaled, scale } = roundUpTo(unscaled, scale, 9));
  const exact: Amount = { unscaled, scale, isInt64: false };
  const isTooLarge = suffix.base === 2 && compareAmounts(exact, { unscaled: maxInt, scale: 0, isInt64: false }) > 0;
  const size = isTooLarge ? { unscaled: maxInt, scale: 0, isInt64: false } : exact;
  return digits.negative ? { ...size, unscaled: -size.unscaled } : size;
}

/** A quantity as Kubernetes reads it, or `undefined` when it is none. */
export function parseAmount(text: string): Amount | undefined {
  const match = /^([+-]?)([0-9]*(?:\.[0-9]*)?)([eEinumkKMGTP]*[+-]?[0-9]*)$/.exec(text);
  if (match === null || text === "") return undefined;
  const [, sign = "", number = "", suffixText = ""] = match;
  const digits = readDigits(sign, number);
  const suffix = parseSuffix(suffixText);
  if (suffix === undefined) return undefined;
  if (/^0*$/.test(number) && suffixText === "") return { unscaled: 0n, scale: 0, isInt64: true };
  const amount = fastAmount(digits, suffix);
  if (amount !== undefined) return amount;
  return digits.hasDigits && Math.abs(suffix.exponent) <= maxExponent ? exactAmount(digits, suffix) : undefined;
}

function aligned(left: Amount, right: Amount): readonly [bigint, bigint] {
  const scale = Math.max(left.scale, right.scale);
  return [left.unscaled * 10n ** BigInt(scale - left.scale), right.unscaled * 10n ** BigInt(scale - right.scale)];
}

/** -1, 0 or 1. */
export function compareAmounts(left: Amount, right: Amount): -1 | 0 | 1 {
  const [a, b] = aligned(left, right);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The sum, or with `sign` -1 the difference; it stays in 64 bits as long as Go's does. */
export function addAmounts(left: Amount, right: Amount, sign: 1n | -1n): Amount {
  const added: Amount = { ...right, unscaled: right.unscaled * sign };
  const isInt64 = left.isInt64 && right.isInt64;
  if (isInt64 && added.unscaled === 0n) return left;
  if (isInt64 && left.unscaled === 0n) return added;
  const [a, b] = aligned(left, added);
  const sum = a + b;
  const fitsInt64 = [a, b, sum].every((value) => value >= minInt && value <= maxInt);
  return { unscaled: sum, scale: Math.max(left.scale, right.scale), isInt64: isInt64 && fitsInt64 };
}
