const decimal = /^[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?$/;
const hexadecimal = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9][0-9_]*)$/;
const special = /^([+-]?)(?:inf|infinity)$/i;

function removeUnderscores(text: string): string | undefined {
  if (!text.includes("_")) return text;
  // An underscore stands between digits, or between the prefix 0x and a digit.
  const separates = /^[^_]*(?:(?<=[0-9a-fA-F]|0[xX])_(?=[0-9a-fA-F])[^_]*)*$/;
  return separates.test(text) ? text.replaceAll("_", "") : undefined;
}

function parseHexadecimal(text: string): number | undefined {
  const match = hexadecimal.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  if (whole + fraction === "") return undefined;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const value = scale(mantissa, Number(power) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}

// The double nearest to mantissa * 2^exponent, ties to even.
function scale(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const length = mantissa.toString(2).length;
  if (length + exponent > 1025) return Number.POSITIVE_INFINITY;
  if (length + exponent < -1080) return 0;
  // Below the normal range fewer bits remain; what is cut off is rounded in one step.
  const kept = Math.min(53, length + exponent + 1074);
  const cut = length - Math.max(kept, 0);
  if (cut <= 0) return Number(mantissa) * 2 ** exponent;
  const unit = 1n << BigInt(cut);
  const rest = mantissa % unit;
  const half = unit / 2n;
  let rounded = mantissa / unit;
  if (rest > half || (rest === half && rounded % 2n === 1n)) rounded += 1n;
  const power = exponent + cut;
  return power < -1000 ? Number(rounded) * 2 ** -1000 * 2 ** (power + 1000) : Number(rounded) * 2 ** power;
}

/** A double as Go's `strconv.ParseFloat` reads it, or `undefined` when it refuses the text or it is out of range. */
export function parseGoFloat(text: string): number | undefined {
  if (/^[+-]?nan$/i.test(text)) return /^[+-]/.test(text) ? undefined : Number.NaN;
  const infinite = special.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const plain = removeUnderscores(text);
  if (plain === undefined) return undefined;
  const value = decimal.test(plain) ? Number(plain) : parseHexadecimal(plain);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
