import { maxInt, toFixedDigits } from "./numbers.ts";
import { CelDuration, type CelFailure, type CelTimestamp } from "./values.ts";
import { checkedTimestamp, floorDivide, second } from "./functions/time-arithmetic.ts";

const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1000n],
  ["\u00b5s", 1000n],
  ["\u03bcs", 1000n],
  ["ms", 1_000_000n],
  ["s", second],
  ["m", 60n * second],
  ["h", 3600n * second],
]);

const part = /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/y;

function parsePart(match: RegExpExecArray): bigint | undefined {
  const [, whole = "", fraction = "", name = ""] = match;
  const unit = units.get(name);
  if (unit === undefined || whole + fraction === "") return undefined;
  return BigInt(whole === "" ? "0" : whole) * unit + fractionOf(fraction, unit);
}

// Go reads fraction digits while they fit in 63 bits and scales in floating point.
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > maxInt / 10n) break;
    const next = value * 10n + BigInt(digit);
    if (next > maxInt + 1n) break;
    value = next;
    scale *= 10;
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

// The sum of `1h30m…`, or `undefined` when something in it is no duration.
function sumParts(text: string): bigint | undefined {
  let total = 0n;
  let end = 0;
  while (end < text.length && total <= maxInt + 1n) {
    part.lastIndex = end;
    const match = part.exec(text);
    const value = match === null ? undefined : parsePart(match);
    if (match === null || value === undefined) return undefined;
    total += value;
    end += match[0].length;
  }
  return end === 0 || total > maxInt + 1n ? undefined : total;
}

/** A duration as Go's `time.ParseDuration` reads it, or `undefined`. */
export function parseDuration(text: string): CelDuration | undefined {
  const negative = text.startsWith("-");
  const unsigned = text.replace(/^[+-]/, "");
  if (unsigned === "0") return new CelDuration(0n);
  const total = sumParts(unsigned);
  if (total === undefined || (!negative && total > maxInt)) return undefined;
  return new CelDuration(negative ? -total : total);
}

/** A duration in seconds, as `1.5s`. */
export function formatDuration(span: CelDuration): string {
  const seconds = Number(span.nanoseconds / second) + Number(span.nanoseconds % second) / 1e9;
  return `${toFixedDigits(seconds)}s`;
}

// The hour may have one digit and the fraction a comma: Go reads it so.
const timestampText = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

function daysInMonth(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return isLeap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

/** Seconds since 1970 of a date and time in UTC. */
function utcSeconds(fields: readonly number[]): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, secondOfMinute = 0] = fields;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, secondOfMinute);
  return date.getTime() / 1000;
}

function isClock(hour: number, minute: number, secondOfMinute: number): boolean {
  return hour <= 23 && minute <= 59 && secondOfMinute <= 59;
}

function isMoment([year = 0, month = 0, day = 0, hour = 0, minute = 0, secondOfMinute = 0]: readonly number[]): boolean {
  return isDate(year, month, day) && isClock(hour, minute, secondOfMinute);
}

// Seconds east of UTC; Go lets 24 hours and 60 minutes pass.
function parseOffset(sign: string | undefined, hours: number, minutes: number): number | undefined {
  if (hours > 24 || minutes > 60) return undefined;
  return (hours * 3600 + minutes * 60) * (sign === "-" ? -1 : 1);
}

/** A timestamp as Go reads RFC 3339; `undefined` for other text, a failure for one outside the years 1 to 9999. */
export function parseTimestamp(text: string): CelTimestamp | CelFailure | undefined {
  const match = timestampText.exec(text);
  if (match === null) return undefined;
  const fields = match.slice(1, 7).map(Number);
  const offset = parseOffset(match[8], Number(match[9] ?? 0), Number(match[10] ?? 0));
  if (offset === undefined || !isMoment(fields)) return undefined;
  const nanoseconds = BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
  return checkedTimestamp(BigInt(utcSeconds(fields) - offset) * second + nanoseconds, offset);
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** A timestamp in RFC 3339, with the offset it was written with and as many digits as it needs. */
export function formatTimestamp(time: CelTimestamp): string {
  const seconds = floorDivide(time.nanoseconds, second);
  const date = new Date((Number(seconds) + time.offsetSeconds) * 1000);
  const fraction = (time.nanoseconds - seconds * second).toString().padStart(9, "0").replace(/0+$/, "");
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const clock = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  return `${day}T${clock}${fraction === "" ? "" : `.${fraction}`}${formatOffset(time.offsetSeconds)}`;
}

function formatOffset(seconds: number): string {
  if (seconds === 0) return "Z";
  const minutes = Math.abs(seconds) / 60;
  return `${seconds < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
