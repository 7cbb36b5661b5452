import { expect, test } from "vitest";
import { findTimestamp, formatTimestamp } from "./timestamp.ts";

test.each([
  ["2030-01-02T03:04:05Z", "2030-01-02T03:04:05.000Z"],
  ["2030-01-02T03:04:05.123456789Z", "2030-01-02T03:04:05.123Z"],
  ["2030-01-02T03:04:05,5Z", "2030-01-02T03:04:05.500Z"],
  ["2030-01-02T03:04:05+02:00", "2030-01-02T01:04:05.000Z"],
  ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
])("%s is an instant", (text, expected) => {
  expect(findTimestamp(text)?.toISOString()).toBe(expected);
});

test.each([
  ["nothing", ""],
  ["a date", "2030-01-02"],
  ["no zone", "2030-01-02T03:04:05"],
  ["small letters", "2030-01-02t03:04:05z"],
  ["a day that does not exist", "2030-02-29T00:00:00Z"],
  ["month 13", "2030-13-01T00:00:00Z"],
  ["hour 24", "2030-01-01T24:00:00Z"],
  ["a number", "1893553445"],
  ["more after it", "2030-01-02T03:04:05Z "],
])("%s is no instant", (_, text) => {
  expect(findTimestamp(text)).toBeUndefined();
});

test("an instant is written in whole seconds, rounded down", () => {
  expect(formatTimestamp(new Date("2030-01-02T03:04:05.999Z"))).toBe("2030-01-02T03:04:05Z");
});
