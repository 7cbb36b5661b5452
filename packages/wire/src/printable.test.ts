import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeUnprintable, formatPrintable } from "./printable.ts";

test.each([
  ["ANSI colours and cursor moves", "a\u001b[31mb\u001b[2Jc", "a[31mb[2Jc"],
  ["an OSC that sets the title or the clipboard", "a\u001b]52;c;ZXZpbA==\u0007b", "a]52;c;ZXZpbA==b"],
  ["C1 controls", "a\u009b31mb", "a31mb"],
  ["line breaks that fake a prompt", "error\r\nPassword: ", "error Password:"],
  ["direction overrides", "a\u202egnp.exe", "agnp.exe"],
  ["invisible characters", "a\u200bb\ufeffc\u2066d", "ab cd"],
  ["tag characters", "a\u{e0041}b", "ab"],
  ["plain text in any language", "Zugriff verweigert — 拒否", "Zugriff verweigert — 拒否"],
])("%s leave nothing but text", (_what, hostile, expected) => {
  expect(formatPrintable(hostile)).toBe(expected);
});

test("text is cut at its length", () => {
  expect(formatPrintable("x".repeat(500), 10)).toBe("xxxxxxxxx…");
  expect(formatPrintable("x".repeat(50_000_000), 10)).toHaveLength(10);
});

test("whatever comes in, no control character comes out", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const clean = formatPrintable(text);
      expect(/\p{Cc}/u.test(clean)).toBe(false);
      expect(clean.length).toBeLessThanOrEqual(300);
    }),
  );
});

test("an escaped document has nothing that steers a terminal, and means the same", () => {
  const value = { name: "a\u001b[2J\u009b31m\u202e\u200b\ufeff\u{e0041}\u2028ä\n€ 🙂" };
  const json = JSON.stringify(value, undefined, 2);
  const escaped = escapeUnprintable(json, "json");
  expect(JSON.parse(escaped)).toEqual(value);
  expect(escaped.split("\n").map((line) => formatPrintable(line))).toEqual(escaped.split("\n").map((line) => line.trim()));
  expect(escaped).toContain("ä\\n€ 🙂");
  expect(escapeUnprintable('name: "\u009b\u{e0041}"\n', "yaml")).toBe('name: "\\u009b\\U000e0041"\n');
});
