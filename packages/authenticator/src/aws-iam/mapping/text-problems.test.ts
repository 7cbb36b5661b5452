import { LineCounter, parseDocument } from "yaml";
import { describe, expect, it } from "vitest";
import { readYaml } from "./read-yaml.ts";
import { findTextProblems } from "./text-problems.ts";

function placesOf(text: string, inner?: Readonly<Record<string, string>>): readonly string[] {
  return findTextProblems(readYaml(text), inner).map(({ place, code }) => `${place} ${code}`);
}

/** Where the parser itself finds keys twice. */
function repeatedLines(text: string): readonly string[] {
  const lines = new LineCounter();
  const { errors } = parseDocument(text, { version: "1.1", lineCounter: lines, prettyErrors: false });
  return errors.map(({ pos: [position] }) => `line ${lines.linePos(position).line} KEY_TWICE`);
}

describe("what shows in the text alone", () => {
  it.each([
    "a: 1\nb: 2\na: 3\na: 4\n",
    "a: {x: 1,\n  x: 2}\nb:\n- c: 1\n  d: 1\n  c: 2\n- c: 3\na: 5\n",
    "a: &x {k: 1,\n k: 2}\nb: *x\n&y a: 1\n",
    '1: a\n"1": b\n0x1: c\ntrue: d\nyes: e\n',
    "? [a]\n: 1\n? [a]\n: 2\n",
    "{a: 1, b: 2}\n",
  ])("is each key that stands there twice, as the parser would tell it: %j", (text) => {
    expect(placesOf(text)).toEqual(repeatedLines(text));
  });

  it("and once that an account is a number, wherever it is", () => {
    expect(placesOf("a: 012345678901\nb: [123456789012]\nb: 1", { c: "- 123456789012", d: "x: 1\nx: 2" })).toEqual([
      "line 3 KEY_TWICE",
      "d line 2 KEY_TWICE",
      "the file ACCOUNT_UNQUOTED",
    ]);
    expect(placesOf("a: '012345678901'", { c: '- "123456789012"' })).toEqual([]);
    expect(placesOf("a: [", { c: "{" })).toEqual([]);
  });

  it("and takes as many times longer as the text is, not the square of that", () => {
    const measure = (count: number): number => {
      const text = Array.from({ length: count }, (_, index) => `key${index}: 1\n`).join("");
      const startedMs = performance.now();
      expect(placesOf(text)).toEqual([]);
      return performance.now() - startedMs;
    };
    measure(1_000);
    const [small, large] = [Math.min(measure(2_000), measure(2_000), measure(2_000)), measure(20_000)];
    // Ten times as much: the square is a hundred times.
    expect(large / small).toBeLessThan(50);
  });
});
