/** A finite double without its sign, as mantissa · 2^exponent. */
function decompose(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const fraction = bits & ((1n << 52n) - 1n);
  const power = Number((bits >> 52n) & 0x7ffn);
  return power === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: power - 1075 };
}

function divideToEven(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  const rest = (value % by) * 2n;
  return rest > by || (rest === by && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

// The double times a power of ten, rounded to a whole number; a tie goes to the even one, as in Go and not as in
// `toFixed`.
function scaled(value: number, power: number): bigint {
  const { mantissa, exponent } = decompose(Math.abs(value));
  const above = mantissa * 10n ** BigInt(Math.max(power, 0)) * 2n ** BigInt(Math.max(exponent, 0));
  return divideToEven(above, 10n ** BigInt(Math.max(-power, 0)) * 2n ** BigInt(Math.max(-exponent, 0)));
}

function fixedDigits(value: number, places: number): readonly [string, string] {
  const digits = scaled(value, places)
    .toString()
    .padStart(places + 1, "0");
  const point = digits.length - places;
  return [digits.slice(0, point), digits.slice(point)];
}

function join(whole: string, fraction: string): string {
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** A finite double with a number of places, as Go's `%.Nf`. */
export function formatPlain(value: number, places: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + join(...fixedDigits(value, places));
}

// CEL's `%f` and `%e` are written for the locale en_US: thousands apart, infinity as a sign, zero without one.
function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? "\u221e" : "-\u221e";
}

/** `%.Nf`: `1,234.50`. */
export function formatFixed(value: number, places: number): string {
  const text = special(value);
  if (text !== undefined) return text;
  const [whole, fraction] = fixedDigits(value, places);
  return (value < 0 ? "-" : "") + join(whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ","), fraction);
}

const superscripts: Readonly<Record<string, string>> = {
  "-": "\u207b",
  "0": "\u2070",
  "1": "\u00b9",
  "2": "\u00b2",
  "3": "\u00b3",
  "4": "\u2074",
  "5": "\u2075",
  "6": "\u2076",
  "7": "\u2077",
  "8": "\u2078",
  "9": "\u2079",
};

// Digits and exponent; rounding up may carry into one more digit.
function significant(value: number, places: number): { readonly digits: string; readonly exponent: number } {
  const exponent = value === 0 ? 0 : Number(value.toExponential().split("e")[1]);
  const digits = scaled(value, places - exponent)
    .toString()
    .padStart(places + 1, "0");
  return digits.length > places + 1 ? { digits: digits.slice(0, -1), exponent: exponent + 1 } : { digits, exponent };
}

function scientific(value: number, places: number): string {
  const { digits, exponent } = significant(value, places);
  const power = `${exponent < 0 ? "-" : ""}${String(Math.abs(exponent)).padStart(2, "0")}`;
  const raised = power.replaceAll(/./g, (character) => superscripts[character] ?? character);
  return `${value < 0 ? "-" : ""}${join(digits.slice(0, 1), digits.slice(1))}\u00d710${raised}`;
}

/** `%.Ne`: `1.500000×10⁰³`. cel-go takes the precision for a width and always writes six digits. */
export function formatScientific(value: number, width: number): string {
  return (special(value) ?? scientific(value, 6)).padStart(width, " ");
}
