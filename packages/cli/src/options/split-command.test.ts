import fc from "fast-check";
import { expect, test } from "vitest";
import { findCommandProblem, splitCommand } from "./split-command.ts";

test.each([
  ["firefox", ["firefox"]],
  ["firefox -P work {url}", ["firefox", "-P", "work", "{url}"]],
  [`'/opt/my browser/run' --profile="a b"`, ["/opt/my browser/run", "--profile=a b"]],
  [`"say \\"hi\\" \\\\"`, [`say "hi" \\`]],
  [String.raw`C:\Programs\browser.exe "C:\My Profile"`, [String.raw`C:\Programs\browser.exe`, String.raw`C:\My Profile`]],
  ["a $(b) `c` ; d", ["a", "$(b)", "`c`", ";", "d"]],
  ["''", [""]],
])("%s becomes words, and nothing in it is run", (text, words) => {
  expect([findCommandProblem(text), splitCommand(text)]).toEqual([undefined, words]);
});

test.each([
  ["", "names no program"],
  ["  ", "names no program"],
  [`firefox "a`, "has a quote that is not closed"],
  ["it's", "has a quote that is not closed"],
  ["'", "has a quote that is not closed"],
])("%j is refused", (text, problem) => {
  expect(findCommandProblem(text)).toBe(problem);
});

test("words in single quotes come back as they were", () => {
  const plain = fc.string().filter((word) => !word.includes("'"));
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1 }), (words) => {
      expect(splitCommand(words.map((word) => `'${word}'`).join(" "))).toEqual(words);
    }),
  );
});
