import { expect, test } from "vitest";
import { CredentialError, errorCatalogue, isCredentialError, toCredentialError } from "./errors.ts";

test("an error is one printable line with an exit code", () => {
  const error = new CredentialError("LOGIN_REQUIRED", "issuer says\n\u001b[31mno", { hint: "run: x" });
  expect(error.message).toBe("issuer says [31mno");
  expect(error.exitCode).toBe(3);
  expect(isCredentialError(error, "LOGIN_REQUIRED")).toBe(true);
  expect(isCredentialError(error, "CANCELLED")).toBe(false);
});

test("a plugin's own code, even one named like a member of every object, exits with 1", () => {
  expect(new CredentialError("ACME_QUOTA", "quota").exitCode).toBe(1);
  expect(new CredentialError("toString", "x").exitCode).toBe(1);
});

test("what is not ours is a defect, with its cause", () => {
  const cause = new TypeError("undefined is not a function");
  const error = toCredentialError(cause);
  expect(error).toMatchObject({ code: "INTERNAL", cause });
  expect(toCredentialError(error)).toBe(error);
  expect(toCredentialError("text").message).toContain("text");
});

test("every code has an exit code of the documented list", () => {
  const known = new Set([1, 2, 3, 4, 5, 6, 7, 130]);
  expect(Object.values(errorCatalogue).filter(({ exitCode }) => !known.has(exitCode))).toEqual([]);
});

test("several problems are all told, each as one printable line of bounded length", () => {
  const problems = Array.from({ length: 12 }, (_, index) => `option ${index} is ${"very ".repeat(20)}wrong`);
  const error = new CredentialError("CONFIG_INVALID", "the file is refused:", { problems });
  expect(error.message).toBe(`the file is refused: ${problems.join("; ")}`);
  expect(error.problems).toEqual(problems);
  const hostile = new CredentialError("CONFIG_INVALID", "", { problems: ["a\n\u001b[31mb", "c".repeat(5000)] });
  expect(hostile.problems?.[0]).toBe("a [31mb");
  expect(hostile.problems?.[1]).toHaveLength(1000);
  expect(hostile.message).toBe(`a [31mb; ${hostile.problems?.[1]}`);
});

test("of too many problems the error says how many more there are", () => {
  const error = new CredentialError("CONFIG_INVALID", "", { problems: Array.from({ length: 10_000 }, (_, index) => `problem ${index}`) });
  expect(error.problems).toHaveLength(65);
  expect(error.message).toMatch(/^problem 0; .*; problem 63; and 9936 more$/);
});

test("problems can be told as programs in Go do, and one problem stands alone", () => {
  const tell = (...problems: readonly string[]): string =>
    new CredentialError("CONFIG_INVALID", "invalid:", { problems, areProblemsBracketed: true }).message;
  expect(tell("a", "b")).toBe("invalid: [a, b]");
  expect(tell("a")).toBe("invalid: a");
  expect(new CredentialError("CONFIG_INVALID", "one").problems).toBeUndefined();
});
