import type { OptionKind, OptionSpec } from "@kubepass/plugin-sdk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStructured, parseTexts, parseVariable } from "./option-value.ts";

function spec(kind: OptionKind, more: Partial<OptionSpec> = {}): OptionSpec {
  return { name: "it", kind, description: "", ...more };
}

describe("texts of flags", () => {
  test.each([
    [spec("text"), ["a", "b"], { value: "b" }],
    [spec("text", { choices: ["a", "b"] }), ["c"], { problem: 'must be one of a, b, not "c"' }],
    [spec("text", { choices: ["a"], isSecret: true }), ["hunter2"], { problem: "must be one of a" }],
    [spec("switch"), ["true"], { value: true }],
    [spec("switch"), ["0"], { value: false }],
    [spec("switch"), ["yes"], { problem: 'must be true or false, not "yes"' }],
    [spec("seconds"), ["180"], { value: 180 }],
    [spec("seconds"), ["3m"], { value: 180 }],
    [spec("seconds"), ["2h"], { value: 7200 }],
    [spec("seconds"), ["-1"], { problem: 'must be a number of seconds, such as 180 or 3m, not "-1"' }],
    [spec("seconds"), ["1e99"], { problem: 'must be a number of seconds, such as 180 or 3m, not "1e99"' }],
    [spec("list"), ["a,b", "c"], { value: ["a,b", "c"] }],
    [spec("map"), ["a=b=c,d", "e="], { value: { a: "b=c,d", e: "" } }],
    [spec("map"), ["a"], { problem: 'must be key=value, not "a"' }],
    [spec("map", { isSecret: true }), ["hunter2"], { problem: "must be key=value" }],
  ])("%j of %j", (option, texts, outcome) => {
    expect(parseTexts(option, texts)).toEqual(outcome);
  });
});

describe("environment variables", () => {
  test.each([
    [spec("list"), "a, b\nc", { value: ["a", "b", "c"] }],
    [spec("list"), '["a,b"]', { value: ["a,b"] }],
    [spec("list"), "[::1]:8000", { value: ["[::1]:8000"] }],
    [spec("map"), "a=b,c\nd=e", { value: { a: "b,c", d: "e" } }],
    [spec("map"), '{"a":"b\\nc"}', { value: { a: "b\nc" } }],
    [spec("map"), '{"a":1}', { problem: "must be an object of texts; put numbers and switches in quotes" }],
    [spec("text"), "[a]", { value: "[a]" }],
  ])("%j of %j", (option, text, outcome) => {
    expect(parseVariable(option, text)).toEqual(outcome);
  });
});

describe("values of a config file", () => {
  test.each([
    [spec("text"), 12, { problem: "must be a text; put it in quotes" }],
    [spec("switch"), "true", { problem: "must be true or false, without quotes" }],
    [spec("switch"), false, { value: false }],
    [spec("seconds"), 5, { value: 5 }],
    [spec("seconds"), "5m", { value: 300 }],
    [spec("seconds"), true, { problem: "must be a number of seconds, such as 180 or 3m" }],
    [spec("seconds"), { toString: false }, { problem: "must be a number of seconds, such as 180 or 3m" }],
    [spec("seconds"), { toString: 1, valueOf: 1 }, { problem: "must be a number of seconds, such as 180 or 3m" }],
    [spec("seconds"), [5], { problem: "must be a number of seconds, such as 180 or 3m" }],
    [spec("list"), "one", { value: ["one"] }],
    [spec("list"), ["a", 1], { problem: "must be a list of texts" }],
    [spec("map"), { a: "b" }, { value: { a: "b" } }],
    [spec("map"), ["a=b"], { problem: "must be an object of texts" }],
  ])("%j of %j", (option, value, outcome) => {
    expect(parseStructured(option, value)).toEqual(outcome);
  });

  test("of any shape give a value or a problem", () => {
    const kinds: readonly OptionKind[] = ["text", "switch", "seconds", "list", "map"];
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.jsonValue(), (kind, value) => {
        expect(Object.keys(parseStructured(spec(kind), value))).toHaveLength(1);
      }),
    );
  });
});
