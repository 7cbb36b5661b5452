import { maxInt, minInt } from "../numbers.ts";
import { CelDuration, CelFailure, CelTimestamp, overflow, type CelValue } from "../values.ts";

/** Nanoseconds in a second. */
export const second = 1_000_000_000n;
const minSeconds = -62_135_596_800n;
const maxSeconds = 253_402_300_799n;

/** A duration, or the failure of one that needs more than 64 bits. */
export function checkedDuration(nanoseconds: bigint): CelDuration | CelFailure {
  // Go's arithmetic on durations is that of integers, and so is its message.
  return nanoseconds < minInt || nanoseconds > maxInt ? overflow("integer") : new CelDuration(nanoseconds);
}

/** A timestamp, or the failure of one outside the years 1 to 9999. */
export function checkedTimestamp(nanoseconds: bigint, offsetSeconds = 0): CelTimestamp | CelFailure {
  const seconds = floorDivide(nanoseconds, second);
  return seconds < minSeconds || seconds > maxSeconds ? overflow("timestamp") : new CelTimestamp(nanoseconds, offsetSeconds);
}

/** Division that rounds down, also below zero. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}

/** The sum of times, or `undefined` when one side is none. */
export function addTime(left: CelValue, right: CelValue): CelValue | undefined {
  if (left instanceof CelDuration && right instanceof CelDuration) return checkedDuration(left.nanoseconds + right.nanoseconds);
  if (left instanceof CelDuration && right instanceof CelTimestamp) return addTime(right, left);
  if (left instanceof CelTimestamp && right instanceof CelDuration)
    return checkedTimestamp(left.nanoseconds + right.nanoseconds, left.offsetSeconds);
  return undefined;
}

/** The difference of times, or `undefined` when one side is none. */
export function subtractTime(left: CelValue, right: CelValue): CelValue | undefined {
  if (left instanceof CelDuration && right instanceof CelDuration) return checkedDuration(left.nanoseconds - right.nanoseconds);
  if (!(left instanceof CelTimestamp)) return undefined;
  if (right instanceof CelDuration) {
    if (right.nanoseconds === minInt) return overflow("integer");
    return checkedTimestamp(left.nanoseconds - right.nanoseconds, left.offsetSeconds);
  }
  return right instanceof CelTimestamp ? between(left, right) : undefined;
}

// Go multiplies the seconds first, so that a difference whose seconds alone overflow fails.
function between(left: CelTimestamp, right: CelTimestamp): CelDuration | CelFailure {
  const seconds = floorDivide(left.nanoseconds, second) - floorDivide(right.nanoseconds, second);
  const whole = checkedDuration(seconds * second);
  return whole instanceof CelFailure ? whole : checkedDuration(left.nanoseconds - right.nanoseconds);
}
