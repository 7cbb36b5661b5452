import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isCredentialError, isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { decodeText } from "../decode-text.ts";
import { formatYaml } from "../format-yaml.ts";
import { parseText } from "../parse-text.ts";
import { parseYaml } from "./parse-yaml.ts";
import { resolvePlainScalar } from "./plain-scalar.ts";
import { scanBlockYaml } from "./scan-block-yaml.ts";

const corpus = join(import.meta.dirname, "..", "test-support", "corpus", "yaml");
const entries = readdirSync(corpus).map((name) => [name, readFileSync(join(corpus, name))] as const);

/** What a parser makes of a text: a value, or its own refusal. Anything else fails the test. */
function outcome(parse: (text: string) => JsonValue | undefined, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (isCredentialError(error, "KUBECONFIG_INVALID")) return "refused";
    throw error;
  }
}

/** Where the scanner answers at all: its answer, and that of the parser of the whole language. */
function answers(text: string): { readonly scanned: unknown; readonly parsed: unknown } {
  const scanned = outcome(scanBlockYaml, text);
  const isAnswer = scanned !== undefined && scanned !== "refused";
  return { scanned: isAnswer ? scanned : "beyond", parsed: isAnswer ? outcome(parseYaml, text) : "beyond" };
}

const word = fc.oneof(
  fc.constantFrom(
    "a",
    "yes",
    "~",
    "1",
    "0x1f",
    "1e3",
    "on",
    "x: y",
    "# no",
    "- a",
    "http://x:1/y",
    "--flag=a",
    "-x",
    "?x",
    ":x",
    "-",
    "---",
    "a b",
    "'q'",
    '"q"',
    "",
    " ",
    "é",
    "-1",
    ".5",
    "2001-01-01",
  ),
  fc.string({ maxLength: 8 }),
);
const key = fc.constantFrom("name", "server", "user", "a-b", "x.y/z", "_k", "yes", "1");
const json = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  object: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.boolean(),
    fc.integer({ min: -1000, max: 1000 }),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
})).object;
const style = fc.record({
  defaultStringType: fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL"),
  defaultKeyType: fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE"),
  collectionStyle: fc.constantFrom("block", "flow"),
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 80),
});
const line = fc.tuple(
  fc.constantFrom("", "  ", "    ", "- ", "  - ", "- - ", "\t"),
  fc.constantFrom("", "a: ", "b:", "name: ", "? ", "a:", '"q": ', "'q':"),
  fc.oneof(
    word,
    fc.constantFrom(
      "|",
      ">-",
      "&a x",
      "*a",
      "!!str 1",
      "{a: b}",
      "[a, b]",
      "{}",
      "[]",
      "|-",
      "|2",
      "|+ # c",
      "[a, 'b', [1, yes], {c: d}] # c",
      "{a: http://x:1/y, 'b': [ ], \"c\":1 }",
      "{a:b}",
      "[a: b]",
      "[a, ]",
      "[a",
      "{a: }",
      "[- a, -b]",
      "# c",
      "x # c",
      "'a",
      '"a\\n"',
      "---",
      "...",
      "<<: *a",
    ),
  ),
);
const damaged = fc.array(line, { maxLength: 8 }).map((lines) => lines.map((parts) => parts.join("")).join("\n"));

describe("the scanner and the parser", () => {
  test.each(entries)("agree on %s, which is kept", (_name, bytes) => {
    const { scanned, parsed } = answers(decodeText(bytes));
    expect(scanned).toEqual(parsed);
  });

  test("agree on what they write and on what others write", () => {
    fc.assert(
      fc.property(json, style, (value, options) => {
        const { scanned, parsed } = answers(stringify(value, { version: "1.1", ...options }));
        expect(scanned).toEqual(parsed);
      }),
      { numRuns: 600 },
    );
  });

  test("agree on texts that nobody should write", () => {
    let answered = 0;
    fc.assert(
      fc.property(damaged, (text) => {
        const { scanned, parsed } = answers(text);
        if (scanned !== "beyond") answered += 1;
        expect(scanned).toEqual(parsed);
      }),
      { numRuns: 2500 },
    );
    // The scanner is asked in earnest.
    expect(answered).toBeGreaterThan(100);
  });

  test("throw nothing but their own refusal, whatever they are given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 200 }), damaged), (text) => {
        for (const parse of [parseText, parseYaml, scanBlockYaml]) expect(() => outcome(parse, text)).not.toThrow();
      }),
      { numRuns: 800 },
    );
  });

  test("read back what is written for people", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseYaml(formatYaml(value))).toEqual(parseYaml(JSON.stringify(value)));
      }),
      { numRuns: 400 },
    );
  });
});

describe("the scanner", () => {
  test("reads what programs write without help from the other parser", () => {
    for (const name of [
      "gke.txt",
      "arguments.txt",
      "quoted.txt",
      "crlf.txt",
      "bom.txt",
      "two-documents.txt",
      "duplicate-keys.txt",
      "aks.txt",
      "brackets.txt",
    ])
      expect([name, scanBlockYaml(decodeText(readFileSync(join(corpus, name)))) !== undefined]).toEqual([name, true]);
  });

  test("keeps a key named __proto__ to itself", () => {
    const value = scanBlockYaml("__proto__:\n  polluted: yes\na: 1\n");
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true},"a":1}');
    expect(Object.hasOwn({}, "polluted")).toBe(false);
  });
});

test.each([
  ['"x\\\n  y"', "xy"],
  ['"x\\\n\n  y"', "x\ny"],
  ['"x \\\n \t\n\n  y"', "x \n\ny"],
  ['"\\\n \\\n \\\n\n  y\\\n\n\n  z"', "\ny\n\nz"],
  ['"x\\\\\n\n  y"', "x\\\ny"],
  ['"b\\\\\\\n\n  c"', "b\\\nc"],
  ["'x''\n\n  y'''", "x'\ny'"],
  ['"a\\\n\n  \\\n\n  b"', "a\n\nb"],
  ['"a\\\n\n  \\\\\\\n\n  b"', "a\n\\\nb"],
])("the quoted text %j over several lines is what Go makes of it", (text, value) => {
  expect(parseText(`a: ${text}\nb: 1\n`)).toEqual({ a: value, b: 1 });
});

test.each([
  ["backslashes", "\\".repeat(1_000_000), 500_001],
  ["escaped line breaks", "\\\n ".repeat(100_000), 1],
  ["escaped line breaks before empty lines", "\\\n\n ".repeat(100_000), 100_001],
  ["blanks after an escaped line break", `\\\n${" ".repeat(1_000_000)}`, 1],
  ["lines of blanks", `\\\n${"  \n".repeat(100_000)} `, 100_001],
])("a quoted text that is nothing but %s is read in a time that its length is the measure of", (_, text, length) => {
  const value = parseText(`a: "${text}\\\n\n "\n`);
  const read = isJsonObject(value) ? value["a"] : undefined;
  expect(typeof read === "string" && read.length).toBe(length);
});

test.each<[string, unknown]>([
  ["yes", true],
  ["Off", false],
  ["~", null],
  ["", null],
  ["017", 15],
  ["0o17", 15],
  ["0x1F", 31],
  ["0b101", 5],
  ["1_000", 1000],
  ["1e3", 1000],
  [".5", 0.5],
  ["1.", 1],
  ["08", 8],
  ["1:30", "1:30"],
  ["2001-01-01", "2001-01-01"],
  ["18446744073709551615", 18_446_744_073_709_551_615n],
  ["yES", "yES"],
  ["0x", "0x"],
  ["-", "-"],
])("the plain scalar %s is what Go makes of it", (text, value) => {
  expect(resolvePlainScalar(text)).toBe(value);
});
