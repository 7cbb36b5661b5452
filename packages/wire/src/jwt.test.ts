import fc from "fast-check";
import { expect, test } from "vitest";
import { isCredentialError } from "./errors.ts";
import { decodeJwt } from "./jwt.ts";

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

test("header and claims are read without any trust", () => {
  expect(decodeJwt(`${part({ alg: "RS256" })}.${part({ sub: "änna" })}.c2ln`)).toEqual({
    header: { alg: "RS256" },
    unverifiedClaims: { sub: "änna" },
  });
});

test("a token of 64 KiB is read", () => {
  const groups = Array.from({ length: 4_000 }, (_, index) => `group-${index}-${"x".repeat(8)}`);
  expect(decodeJwt(`${part({ alg: "RS256" })}.${part({ groups })}.c2ln`).unverifiedClaims["groups"]).toHaveLength(4_000);
});

test.each([
  ["an opaque token", "abcdef", "it has 1 parts instead of 3"],
  ["a truncated token", `${part({})}.${part({}).slice(0, -1)}`, "it has 2 parts instead of 3"],
  ["an encrypted token", "a.b.c.d.e", "it is encrypted (JWE)"],
  ["standard base64", "e30=.e30=.x", "its header is not base64url"],
  ["an empty header", `.${part({})}.x`, "its header is not base64url"],
  ["a list for claims", `${part({})}.${part([])}.x`, "its claim set is not a JSON object"],
  ["broken JSON", `${part({})}.${Buffer.from("{").toString("base64url")}.x`, "its claim set is not a JSON object"],
  [
    "invalid UTF-8",
    `${part({})}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]).toString("base64url")}.x`,
    "its claim set is not a JSON object",
  ],
  ["two megabytes", `${part({})}.${"A".repeat(2 * 1024 * 1024)}.x`, "it is longer than 1048576 characters"],
])("%s is refused without being quoted", (_what, token, reason) => {
  expect(() => decodeJwt(token)).toThrow(
    expect.objectContaining({ code: "RESPONSE_INVALID", message: `token is not a readable JWT: ${reason}` }),
  );
});

test("random text gives nothing but RESPONSE_INVALID", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.tuple(fc.base64String(), fc.base64String(), fc.string()).map((parts) => parts.join(".")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let failure: unknown;
      try {
        decodeJwt(text);
      } catch (error) {
        failure = error;
      }
      expect(failure === undefined || isCredentialError(failure, "RESPONSE_INVALID")).toBe(true);
    }),
  );
});
