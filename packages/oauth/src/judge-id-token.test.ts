import * as fc from "fast-check";
import { isCredentialError, type JsonObject, Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createAccessTokenHash, type ExpectedIdToken, judgeIdTokenClaims } from "./judge-id-token.ts";

const now = new Date("2030-01-01T00:00:00Z");
const nowSeconds = now.getTime() / 1000;
const accessToken = new Secret("access-canary");
const expected: ExpectedIdToken = {
  issuer: "https://issuer.example",
  clientId: "kubernetes",
  nonce: "n-1",
  accessToken,
  maxAgeSeconds: 600,
};
const good: JsonObject = {
  iss: "https://issuer.example",
  aud: "kubernetes",
  sub: "anna",
  exp: nowSeconds + 300,
  iat: nowSeconds,
  auth_time: nowSeconds - 10,
  nonce: "n-1",
  at_hash: createAccessTokenHash(accessToken, "ES256"),
};

function judge(claims: JsonObject, more: Partial<ExpectedIdToken> = {}): string {
  try {
    const { subject, expiresAt } = judgeIdTokenClaims(claims, "ES256", { ...expected, ...more }, now);
    return `${subject} until ${expiresAt.toISOString()}`;
  } catch (error) {
    return isCredentialError(error) ? `${error.code}: ${error.message}` : `another error: ${String(error)}`;
  }
}

const accepted = /^anna until /;

describe("the claims of an ID token", () => {
  const cases: readonly (readonly [string, JsonObject, RegExp])[] = [
    ["all in order", {}, /^anna until 2030-01-01T00:05:00.000Z$/],
    [
      "the issuer with a slash more",
      { iss: "https://issuer.example/" },
      /^TOKEN_INVALID: the ID token is from issuer https:\/\/issuer.example\/, not from https:\/\/issuer.example$/,
    ],
    ["no issuer", { iss: undefined }, /^TOKEN_INVALID: .* from issuer nobody/],
    ["an issuer that is a list", { iss: ["https://issuer.example"] }, /^TOKEN_INVALID/],
    ["another audience", { aud: "other" }, /^TOKEN_INVALID: the ID token is for other, not for client kubernetes$/],
    ["no audience", { aud: undefined }, /^TOKEN_INVALID: the ID token is for nobody/],
    ["an empty list of audiences", { aud: [] }, /^TOKEN_INVALID/],
    ["an audience that holds the client's name", { aud: "kubernetes-2" }, /^TOKEN_INVALID/],
    ["the client alone in a list", { aud: ["kubernetes"] }, accepted],
    ["several audiences without azp", { aud: ["kubernetes", "other"] }, /^TOKEN_INVALID: the ID token was issued to nobody \(azp\)/],
    ["several audiences with our azp", { aud: ["other", "kubernetes"], azp: "kubernetes" }, accepted],
    ["the azp of another", { azp: "other" }, /^TOKEN_INVALID: the ID token was issued to other \(azp\), not to client kubernetes$/],
    ["no subject", { sub: undefined }, /^TOKEN_INVALID: the ID token names no subject/],
    ["an empty subject", { sub: "" }, /^TOKEN_INVALID/],
    ["no exp", { exp: undefined }, /^TOKEN_INVALID: the ID token has no exp/],
    ["no iat", { iat: undefined }, /^TOKEN_INVALID: the ID token has no iat/],
    ["an exp that is text", { exp: "4000000000" }, /^TOKEN_INVALID: the ID token has a exp that is not a time/],
    ["an exp beyond all time", { exp: 1e300 }, /^TOKEN_INVALID/],
    ["an end 59 s ago", { exp: nowSeconds - 59 }, /^anna until 2029-12-31T23:59:01.000Z$/],
    ["an end 60 s ago", { exp: nowSeconds - 60 }, /^TOKEN_TIME_INVALID: the ID token expired 60 s ago/],
    ["an issue in 60 s", { iat: nowSeconds + 60 }, accepted],
    ["an issue in 61 s", { iat: nowSeconds + 61 }, /^TOKEN_TIME_INVALID: the ID token is from the future by 61 s/],
    ["a start in 60 s", { nbf: nowSeconds + 60 }, accepted],
    ["a start in 61 s", { nbf: nowSeconds + 61 }, /^TOKEN_TIME_INVALID: the ID token is not valid for another 61 s/],
    [
      "a clock ten minutes behind",
      { iat: nowSeconds + 600, exp: nowSeconds + 900 },
      /^TOKEN_TIME_INVALID: .* from the future by 10 min; .* clock may be 10 min behind the issuer's$/,
    ],
    [
      "a clock ten minutes ahead",
      { iat: nowSeconds - 600, exp: nowSeconds - 300 },
      /^TOKEN_TIME_INVALID: .* expired 5 min ago; .* clock may be 10 min ahead of the issuer's$/,
    ],
    ["another nonce", { nonce: "n-2" }, /^TOKEN_INVALID: the ID token does not belong to this sign-in \(nonce\)$/],
    ["no nonce", { nonce: undefined }, /^TOKEN_INVALID: .* \(nonce\)$/],
    ["the hash of another access token", { at_hash: "AAAA" }, /^TOKEN_INVALID: .* \(at_hash\)$/],
    ["a hash that is no text", { at_hash: 1 }, /^TOKEN_INVALID: .* \(at_hash\)$/],
    ["no hash", { at_hash: undefined }, accepted],
    ["a sign-in of long ago", { auth_time: nowSeconds - 661 }, /^TOKEN_INVALID: the ID token rests on a sign-in of 11 min ago/],
    ["no time of the sign-in", { auth_time: undefined }, /^TOKEN_INVALID: the ID token has no auth_time/],
    ["hostile text", { iss: "\u001b[2J\u202eevil" }, /^TOKEN_INVALID: the ID token is from issuer [^\u001b\u202e]*, not from/],
  ];

  it.each(cases)("with %s", (_what, more, outcome) => {
    expect(judge({ ...good, ...more })).toMatch(outcome);
  });

  it("are not asked for a nonce, a hash or a sign-in time that nobody expects", () => {
    const { nonce: _nonce, auth_time: _time, ...rest } = good;
    expect(judge({ ...rest, at_hash: "AAAA" }, { nonce: undefined, accessToken: undefined, maxAgeSeconds: undefined })).toMatch(accepted);
  });

  it("fail with their own errors only, whatever they hold", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(good), "azp", "nbf"), fc.jsonValue()), (more) => {
        expect(judge(JSON.parse(JSON.stringify({ ...good, ...more })))).not.toContain("another error");
      }),
    );
  });
});

describe("the hash of an access token", () => {
  it("is that of the example in OpenID Connect Core, appendix A.4", () => {
    expect(createAccessTokenHash(new Secret("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "RS256")).toBe("77QmUPtjPfzWtF2AnpK9RQ");
  });

  it("follows the algorithm of the signature", () => {
    expect([createAccessTokenHash(accessToken, "ES384").length, createAccessTokenHash(accessToken, "EdDSA").length]).toEqual([32, 43]);
  });
});
