import fc from "fast-check";
import { expect, test } from "vitest";
import { splitCommand } from "./split-command.ts";

test.each([
  ["firefox", ["firefox"]],
  ["firefox -P work {url}", ["firefox", "-P", "work", "{url}"]],
  [`'/opt/my browser/run' --profile="a b"`, ["/opt/my browser/run", "--profile=a b"]],
  [`"say \\"hi\\" \\\\"`, [`say "hi" \\`]],
  [String.raw`C:\Programs\browser.exe "C:\My Profile"`, [String.raw`C:\Programs\browser.exe`, String.raw`C:\My Profile`]],
  ["a $(b) `c` ; d", ["a", "$(b)", "`c`", ";", "d"]],
  ["''", [""]],
])("%s becomes words, and nothing in it is run", (text, words) => {
  expect(splitCommand(text, "--browser-command")).toEqual(words);
});

test.each([
  ["", "--browser-command names no program"],
  ["  ", "--browser-command names no program"],
  [`firefox "a`, "--browser-command has a quote that is not closed"],
  ["it's", "--browser-command has a quote that is not closed"],
])("%j is refused", (text, message) => {
  expect(() => splitCommand(text, "--browser-command")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message }));
});

test("words in single quotes come back as they were", () => {
  const plain = fc.string().filter((word) => !word.includes("'"));
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1 }), (words) => {
      expect(splitCommand(words.map((word) => `'${word}'`).join(" "), "x")).toEqual(words);
    }),
  );
});
