import { isCredentialError, Secret } from "@kubepass/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CallbackJudgement, type ExpectedCallback, judgeCallback, parseCallback, takeCode } from "./callback.ts";

const expected: ExpectedCallback = { state: "right-state", issuer: "https://issuer.example", isIssuerRequired: false };
const strict: ExpectedCallback = { ...expected, isIssuerRequired: true };

function judge(query: string, against = expected): CallbackJudgement {
  return judgeCallback(parseCallback(query), against);
}

describe("an answer without the right state is stray, whatever else it says", () => {
  it.each([
    ["nothing at all", "", "it carries no state"],
    ["a code without state", "code=abc", "it carries no state"],
    ["an empty state", "code=abc&state=", "it carries no state"],
    ["a wrong state", "code=abc&state=wrong", "its state is of another sign-in"],
    ["a state that only begins right", "code=abc&state=right-stat", "its state is of another sign-in"],
    ["the right state in other letters", "code=abc&state=RIGHT-STATE", "its state is of another sign-in"],
    ["an error without state", "error=access_denied", "it carries no state"],
    ["an error with a wrong state", "error=access_denied&state=wrong", "its state is of another sign-in"],
    ["the right state twice", "code=abc&state=right-state&state=right-state", "it carries more than one state"],
    ["the right and a wrong state", "code=abc&state=right-state&state=wrong", "it carries more than one state"],
    ["a signed response, which was not asked for", "response=eyJ.eyJ.x", "it carries no state"],
  ])("%s", (_, query, reason) => {
    expect(judge(query)).toEqual({ kind: "stray", reason });
  });
});

describe("an answer with the right state", () => {
  it("gives its code", () => {
    const judgement = judge("code=a%2Bb%20c&state=right-state");
    expect(judgement.kind === "code" && judgement.code.reveal()).toBe("a+b c");
  });

  it("gives its code when the issuer is named and fits", () => {
    expect(judge("code=abc&state=right-state&iss=https%3A%2F%2Fissuer.example", strict).kind).toBe("code");
  });

  it.each([
    [
      "another issuer, though none is promised",
      expected,
      "code=abc&state=right-state&iss=https://evil.example",
      "it comes from the issuer https://evil.example instead of https://issuer.example",
    ],
    [
      "an issuer that differs in one slash",
      expected,
      "code=abc&state=right-state&iss=https://issuer.example/",
      "it comes from the issuer https://issuer.example/ instead of https://issuer.example",
    ],
    [
      "no issuer, though it is promised",
      strict,
      "code=abc&state=right-state",
      "it does not name its issuer (iss), which https://issuer.example promises to do",
    ],
    ["two codes", expected, "code=abc&code=def&state=right-state", "it carries code more than once"],
    [
      "two issuers",
      expected,
      "code=abc&state=right-state&iss=https://issuer.example&iss=https://evil.example",
      "it carries iss more than once",
    ],
    ["neither code nor error", expected, "state=right-state", "it carries neither a code nor an error"],
    ["an empty code", expected, "state=right-state&code=", "it carries neither a code nor an error"],
    [
      "an error of another issuer",
      expected,
      "error=access_denied&state=right-state&iss=https://evil.example",
      "it comes from the issuer https://evil.example instead of https://issuer.example",
    ],
  ])("is unusable with %s", (_, against, query, reason) => {
    expect(judge(query, against)).toEqual({ kind: "unusable", reason });
  });

  it("is a refusal when it carries an error, even beside a code and without the promised issuer", () => {
    expect(judge("error=access_denied&error_description=not+today&code=abc&state=right-state", strict)).toEqual({
      kind: "refused",
      error: "access_denied",
      description: "not today",
    });
  });
});

describe("the code of a final answer", () => {
  it.each([
    [{ kind: "refused", error: "access_denied", description: "no" }, "SIGN_IN_DENIED", "the sign-in was denied: no"],
    [
      { kind: "refused", error: "invalid_scope", description: undefined },
      "ISSUER_REFUSED",
      "the issuer refused the sign-in with invalid_scope",
    ],
    [{ kind: "unusable", reason: "it is odd" }, "RESPONSE_INVALID", "the answer to the sign-in cannot be used: it is odd"],
  ] as const)("is missing from %o", (judgement, code, message) => {
    let thrown: unknown;
    try {
      takeCode(judgement);
    } catch (error) {
      thrown = error;
    }
    expect(isCredentialError(thrown, code) && thrown.message).toBe(message);
  });

  it("loses control characters and length from what the issuer says", () => {
    const description = `\u001b]0;owned\u0007\u202e${"x".repeat(5000)}`;
    let message = "";
    try {
      takeCode({ kind: "refused", error: "\u001b[31mbad", description });
    } catch (error) {
      message = isCredentialError(error) ? `${error.message} ${error.issuerError}` : "";
    }
    expect(message).toContain("[31mbad");
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(message.length).toBeLessThan(700);
  });
});

it("no text makes the reader throw, and none without the state gets past the judge", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(judge(text).kind).toBe("stray");
    }),
  );
});

it("a code prints as a secret", () => {
  expect(JSON.stringify(parseCallback("code=abc&state=x"))).toContain("[secret]");
  expect(new Secret("abc").toString()).toBe("[secret]");
});
