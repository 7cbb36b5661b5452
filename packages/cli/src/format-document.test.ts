import { expect, test } from "vitest";
import { parse } from "yaml";
import { formatDocument } from "./format-document.ts";

const hostile = "\u001b]0;owned\u0007\u009b2J\u202eanna\u2066\u{e0041}: #\nline";
const document = { kind: "WhoAmI", subject: hostile, missing: undefined, claims: { [hostile]: [hostile, 5, true, null] } };
const expected = { kind: "WhoAmI", subject: hostile, claims: { [hostile]: [hostile, 5, true, null] } };
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/u;

test.each([
  ["json", (text: string): unknown => JSON.parse(text)],
  ["yaml", (text: string): unknown => parse(text)],
] as const)("%s says the same whatever is in it, and steers no terminal", async (form, read) => {
  const text = await formatDocument(document, form);
  expect(text).not.toMatch(steering);
  expect(read(text)).toEqual(expected);
});

test("YAML without such characters has no more quotes than it needs", async () => {
  expect(await formatDocument({ kind: "Status", list: ["ä", "1"] }, "yaml")).toBe('kind: Status\nlist:\n  - ä\n  - "1"\n');
});
