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
