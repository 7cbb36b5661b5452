/** What an unquoted YAML scalar stands for, as go-yaml 2 resolves it. */
export type ScalarValue = string | number | bigint | boolean | null;

const words = new Map<string, ScalarValue>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const decimal = /^[-+]?(?:0|[1-9][0-9]*)$/;
const octal = /^[-+]?0o?[0-7]+$/;
const prefixed = /^[-+]?0(?:[xX][0-9a-fA-F]+|[bB][01]+)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const leadingDotFloat = /^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/;

function parseInteger(plain: string): bigint | undefined {
  const isNegative = plain.startsWith("-");
  const digits = plain.replace(/^[-+]/, "");
  let value: bigint | undefined;
  if (decimal.test(plain) || prefixed.test(plain)) value = BigInt(digits);
  else if (octal.test(plain)) value = BigInt(`0o${digits.replace(/^0o?/, "")}`);
  if (value === undefined) return undefined;
  const signed = isNegative ? -value : value;
  return signed < -(2n ** 63n) || signed >= (/^[-+]/.test(plain) ? 2n ** 63n : 2n ** 64n) ? undefined : signed;
}

/**
 * The value of a plain scalar by YAML 1.1 as go-yaml 2 understands it: `yes` is true, `0o17` and `017` are 15, `1_000` is
 * 1000, a date stays text. Integers that a number cannot hold come as bigint.
 */
export function resolvePlainScalar(text: string): ScalarValue {
  const word = text.length > 5 ? undefined : words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  if (first === 46) return leadingDotFloat.test(text) ? Number(text) : text;
  return isDigitOrSign(first) && text.length <= 400 ? resolveNumber(text) : text;
}

function isDigitOrSign(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 43 || code === 45;
}

function resolveNumber(text: string): ScalarValue {
  const plain = text.replaceAll("_", "");
  const integer = parseInteger(plain);
  if (integer !== undefined) return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  if (!float.test(plain)) return text;
  const value = Number(plain);
  return Number.isFinite(value) ? value : text;
}
