import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCanonicalJson, isJsonObject, type JsonValue } from "./json.ts";

test("the canonical text sorts keys at every depth and keeps the order of lists", () => {
  expect(formatCanonicalJson({ b: [2, 1, { d: null, c: undefined }], a: "é\n" })).toBe('{"a":"é\\n","b":[2,1,{"d":null}]}');
});

test("the canonical text means the same value", () => {
  const values = fc.jsonValue().map((value): JsonValue => JSON.parse(JSON.stringify(value)));
  fc.assert(
    fc.property(values, (value) => {
      expect(JSON.parse(formatCanonicalJson(value))).toEqual(value);
    }),
  );
});

test("objects are told from lists and null", () => {
  expect([{}, [], null, "x", undefined].map((value) => isJsonObject(value))).toEqual([true, false, false, false, false]);
});
