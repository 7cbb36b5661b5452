// Go writes these through x/text for en_US: no grouping, and infinity and NaN as signs.
function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? "\u221e" : "-\u221e";
}

// Exact decimal digits of a double with a number of places; `toFixed` ends at 100 and at 1e21.
function exactFixed(value: number, places: number): string {
  if (Math.abs(value) < 1e21 && places <= 100) return value.toFixed(places);
  const { mantissa, exponent } = decompose(Math.abs(value));
  const scaled = mantissa * 10n ** BigInt(places);
  const digits = (exponent >= 0 ? scaled << BigInt(exponent) : divideToEven(scaled, 1n << BigInt(-exponent))).toString();
  const padded = digits.padStart(places + 1, "0");
  const split = padded.length - places;
  return `${value < 0 ? "-" : ""}${padded.slice(0, split)}${places > 0 ? `.${padded.slice(split)}` : ""}`;
}

function divideToEven(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  const rest = (value % by) * 2n;
  return rest > by || (rest === by && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** A finite double above zero as mantissa · 2^exponent. */
function decompose(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const fraction = bits & ((1n << 52n) - 1n);
  const power = Number((bits >> 52n) & 0x7ffn);
  return power === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: power - 1075 };
}

function sign(value: number): string {
  return Object.is(value, -0) ? "-" : "";
}

/** `%.Nf`. */
export function formatFixed(value: number, places: number): string {
  return special(value) ?? sign(value) + exactFixed(value, places);
}

/** `%.Ne`: exponent with at least two digits. */
export function formatScientific(value: number, places: number): string {
  const text = special(value);
  if (text !== undefined) return text;
  const [mantissa = "", exponent = ""] = value.toExponential(Math.min(places, 100)).split("e");
  const padded = places > 100 ? mantissa + "0".repeat(places - 100) : mantissa;
  return `${sign(value)}${padded}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, "0")}`;
}
