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
const maxExponent = 10_000;

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
  if (scale <= places) return { unscaled: value * 10n ** BigInt(places - scale), scale: places };
  const unit = 10n ** BigInt(scale - places);
  const quotient = value / unit;
  return { unscaled: quotient * unit === value ? quotient : quotient + 1n, scale: places };
}

// The exact form: anything finer than a nano is rounded up, binary quantities stop at the largest int.
function exactAmount(digits: Digits, suffix: Suffix): Amount {
  const factor = suffix.base === 2 ? 1n << BigInt(suffix.exponent) : 1n;
  let unscaled = BigInt(digits.whole + digits.fraction) * factor;
  let scale = digits.fraction.length - (suffix.base === 10 ? suffix.exponent : 0);
  if (unscaled !== 0n) ({ unscaled, scale } = roundUpTo(unscaled, scale, 9));
  const exact: Amount = { unscaled, scale, isInt64: false };
  const isTooLarge = suffix.base === 2 && compareAmounts(exact, { unscaled: maxInt, scale: 0, isInt64: false }) > 0;
  const size = isTooLarge ? { unscaled: maxInt, scale: 0, isInt64: false } : exact;
  return digits.negative ? { ...size, unscaled: -size.unscaled } : size;
}

const quantityText = /^([+-]?)([0-9]*(?:\.[0-9]*)?)([eEinumkKMGTP]*[+-]?[0-9]*)$/;

/** A quantity as Kubernetes reads it, or `undefined` when it is none. */
export function parseAmount(text: string): Amount | undefined {
  const match = text === "" ? null : quantityText.exec(text);
  if (match === null) return undefined;
  const [, sign = "", number = "", suffixText = ""] = match;
  const suffix = parseSuffix(suffixText);
  if (suffix === undefined || Math.abs(suffix.exponent) > maxExponent) return undefined;
  if (/^0*$/.test(number) && suffixText === "") return { unscaled: 0n, scale: 0, isInt64: true };
  return amountOf(readDigits(sign, number), suffix);
}

function amountOf(digits: Digits, suffix: Suffix): Amount | undefined {
  return fastAmount(digits, suffix) ?? (digits.hasDigits ? exactAmount(digits, suffix) : undefined);
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

function isInt64(value: bigint): boolean {
  return value >= minInt && value <= maxInt;
}

// The sum in 64 bits as Go computes it, or `undefined` when it takes the exact way.
function fastSum(left: Amount, right: Amount): Amount | undefined {
  if (right.unscaled === 0n) return left;
  if (left.unscaled === 0n) return right;
  const [a, b] = aligned(left, right);
  const fits = isInt64(a) && isInt64(b) && isInt64(a + b);
  return fits ? { unscaled: a + b, scale: Math.max(left.scale, right.scale), isInt64: true } : undefined;
}

/** The sum, or with `sign` -1 the difference; it stays in 64 bits as long as Go's does. */
export function addAmounts(left: Amount, right: Amount, sign: 1n | -1n): Amount {
  // Go negates in 64 bits, where the smallest number is its own opposite.
  const wrapped = { ...right, unscaled: sign === 1n ? right.unscaled : BigInt.asIntN(64, -right.unscaled) };
  const fast = left.isInt64 && right.isInt64 ? fastSum(left, wrapped) : undefined;
  if (fast !== undefined) return fast;
  const [a, b] = aligned(left, { ...right, unscaled: right.unscaled * sign });
  return { unscaled: a + b, scale: Math.max(left.scale, right.scale), isInt64: false };
}

/** The number without suffix or exponent, shortest: `0.2`, `1610612736`. */
export function formatAmount({ unscaled, scale }: Amount): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const whole = scale <= 0 ? digits + "0".repeat(digits === "0" ? 0 : -scale) : digits.padStart(scale + 1, "0");
  const point = scale <= 0 ? whole.length : whole.length - scale;
  const fraction = whole.slice(point).replace(/0+$/, "");
  return `${unscaled < 0n ? "-" : ""}${whole.slice(0, point)}${fraction === "" ? "" : `.${fraction}`}`;
}
