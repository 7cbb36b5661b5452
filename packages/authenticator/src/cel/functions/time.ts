import { CelFailure, invalidArgument, type CelTimestamp, type CelValue } from "../values.ts";
import { floorDivide, second } from "./time-arithmetic.ts";
import { ofDuration, ofTimestamp, type CelFunction, type FunctionTable } from "./function.ts";
import { zoneOffsetSeconds } from "./time-zone.ts";

function unknownZone(zone: CelValue): CelFailure {
  const isOffset = typeof zone === "string" && zone.includes(":");
  return isOffset ? new CelFailure("CEL_CONVERSION", "invalid time zone offset") : invalidArgument("unknown time zone");
}

// The instant moved so that reading it in UTC gives what clocks in the zone show.
function inZone(time: CelTimestamp, zone: CelValue | undefined): Date | CelFailure {
  const seconds = Number(floorDivide(time.nanoseconds, second));
  if (zone === undefined) return new Date(seconds * 1000);
  const offset = typeof zone === "string" ? zoneOffsetSeconds(zone, seconds) : undefined;
  if (offset === undefined) return unknownZone(zone);
  return new Date((seconds + offset) * 1000);
}

function field(read: (date: Date, time: CelTimestamp) => number): CelFunction {
  return ofTimestamp((time, zone) => {
    const date = inZone(time, zone);
    return date instanceof CelFailure ? date : BigInt(read(date, time));
  });
}

function dayOfYear(date: Date): number {
  const first = new Date(date.getTime());
  first.setUTCMonth(0, 1);
  return Math.round((date.getTime() - first.getTime()) / 86_400_000);
}

function millisecond(_date: Date, time: CelTimestamp): number {
  return Number((time.nanoseconds - floorDivide(time.nanoseconds, second) * second) / 1_000_000n);
}

// Go divides durations in floating point; whole hours, minutes and seconds come out of that truncated.
function whole(unit: bigint): CelFunction {
  return ofDuration((span) => {
    const count = Number(span.nanoseconds / unit) + Number(span.nanoseconds % unit) / Number(unit);
    return BigInt(Math.trunc(count));
  });
}

const fields: Readonly<Record<string, CelFunction>> = {
  year: field((date) => date.getUTCFullYear()),
  month: field((date) => date.getUTCMonth()),
  day_of_year: field(dayOfYear),
  day_of_month: field((date) => date.getUTCDate() - 1),
  day_of_month_1_based: field((date) => date.getUTCDate()),
  day_of_week: field((date) => date.getUTCDay()),
  hours: field((date) => date.getUTCHours()),
  minutes: field((date) => date.getUTCMinutes()),
  seconds: field((date) => date.getUTCSeconds()),
  milliseconds: field(millisecond),
};

function timestampFields(): FunctionTable {
  const table: Record<string, CelFunction> = {};
  for (const [name, run] of Object.entries(fields)) {
    table[`timestamp_to_${name}`] = run;
    table[name === "seconds" ? "timestamp_to_seconds_tz" : `timestamp_to_${name}_with_tz`] = run;
  }
  return table;
}

/** Parts of timestamps and durations. */
export const timeFunctions: FunctionTable = {
  ...timestampFields(),
  duration_to_hours: whole(3600n * second),
  duration_to_minutes: whole(60n * second),
  duration_to_seconds: whole(second),
  duration_to_milliseconds: ofDuration((span) => span.nanoseconds / 1_000_000n),
};
