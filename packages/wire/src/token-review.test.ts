import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCredentialError } from "./errors.ts";
import { Secret } from "./secret.ts";
import {
  formatTokenReview,
  formatTokenReviewAnswer,
  parseTokenReview,
  parseTokenReviewAnswer,
  type TokenReviewStatus,
  tokenReviewVersions,
} from "./token-review.ts";

const [v1, v1beta1] = tokenReviewVersions;
const asked = (spec: unknown, apiVersion: unknown = v1, kind: unknown = "TokenReview"): string =>
  JSON.stringify({ apiVersion, kind, spec });

function failureOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

test.each([v1, v1beta1])("a question of %s is read as an API server writes it", (apiVersion) => {
  const text = JSON.stringify({
    kind: "TokenReview",
    apiVersion,
    metadata: { creationTimestamp: null },
    spec: { token: "abc", audiences: ["https://a", "b"] },
    status: { user: {} },
  });
  const review = parseTokenReview(text);
  expect({ ...review, token: review.token.reveal() }).toEqual({ apiVersion, token: "abc", audiences: ["https://a", "b"] });
});

test.each([[undefined], [null], [[]]])("audiences may be left out: %j", (audiences) => {
  expect(parseTokenReview(asked({ token: "abc", audiences })).audiences).toEqual([]);
});

test("what is asked is what is read", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: "binary" }),
      fc.array(fc.string()),
      fc.constantFrom(v1, v1beta1),
      (token, audiences, apiVersion) => {
        const review = parseTokenReview(formatTokenReview({ apiVersion, token: new Secret(token), audiences }));
        expect({ ...review, token: review.token.reveal() }).toEqual({ apiVersion, token, audiences });
      },
    ),
  );
});

test.each([
  ["text that is no JSON", "{"],
  ["nothing", ""],
  ["a list", "[]"],
  ["null", "null"],
  ["a later version", asked({ token: "t0ken" }, "authentication.k8s.io/v2")],
  ["another group", asked({ token: "t0ken" }, "authorization.k8s.io/v1")],
  ["a version that is no string", asked({ token: "t0ken" }, ["authentication.k8s.io/v1"])],
  ["another kind", asked({ token: "t0ken" }, v1, "SubjectAccessReview")],
  ["a kind in another case", asked({ token: "t0ken" }, v1, "tokenreview")],
  ["no kind", asked({ token: "t0ken" }, v1, null)],
  ["no spec", asked(undefined)],
  ["a spec that is a list", asked([{ token: "t0ken" }])],
  ["no token", asked({})],
  ["an empty token", asked({ token: "" })],
  ["a token that is a number", asked({ token: 12345 })],
  ["a token that is an object", asked({ token: { t0ken: 1 } })],
  ["audiences that are a string", asked({ token: "t0ken", audiences: "a" })],
  ["audiences that hold a number", asked({ token: "t0ken", audiences: ["a", 1] })],
  ["audiences that hold null", asked({ token: "t0ken", audiences: [null] })],
  ["a byte order mark", `\ufeff${asked({ token: "t0ken" })}`],
])("a question is refused for %s, without its token", (_, text) => {
  const failure = failureOf(() => parseTokenReview(text));
  expect(isCredentialError(failure, "TOKEN_REVIEW_INVALID")).toBe(true);
  expect(String(failure)).not.toContain("t0ken");
});

test("on any text both parsers throw nothing but their own error", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.json().map((spec) => `{"apiVersion":"${v1}","kind":"TokenReview","spec":${spec},"status":${spec}}`),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      for (const failure of [failureOf(() => parseTokenReview(text)), failureOf(() => parseTokenReviewAnswer(text, v1))])
        expect(failure === undefined || isCredentialError(failure, "TOKEN_REVIEW_INVALID")).toBe(true);
    }),
  );
});

const user = { username: "anna", uid: "1", groups: ["dev"], extra: { "example.com/k": ["v"] } };

test("answers look as the API describes them", () => {
  expect(JSON.parse(formatTokenReviewAnswer({ authenticated: true, user, audiences: ["a"] }, v1beta1))).toEqual({
    apiVersion: v1beta1,
    kind: "TokenReview",
    status: { authenticated: true, user, audiences: ["a"] },
  });
  const plain = { username: "anna", uid: "", groups: [], extra: {} };
  expect(JSON.parse(formatTokenReviewAnswer({ authenticated: true, user: plain, audiences: [] }, v1)).status).toEqual({
    authenticated: true,
    user: { username: "anna" },
  });
  expect(JSON.parse(formatTokenReviewAnswer({ authenticated: false }, v1)).status).toEqual({ authenticated: false });
});

test.each<TokenReviewStatus>([
  { authenticated: true, user, audiences: ["a", "b"] },
  { authenticated: true, user: { username: "x", uid: "", groups: [], extra: JSON.parse('{"__proto__":["p"]}') }, audiences: [] },
  { authenticated: false, error: "the issuer does not answer" },
  { authenticated: false, error: undefined },
])("what is answered is what is read: %j", (status) => {
  expect(parseTokenReviewAnswer(formatTokenReviewAnswer(status, v1), v1)).toEqual(status);
});

describe("an answer of another webhook", () => {
  const answer = (status: unknown, rest: object = {}): string => JSON.stringify({ ...rest, status });

  test("may leave out version and kind, and a user beside a refusal is ignored", () => {
    expect(parseTokenReviewAnswer(answer({ authenticated: false, user }), v1)).toEqual({ authenticated: false });
    expect(parseTokenReviewAnswer(answer({ authenticated: true, user }), v1)).toEqual({ authenticated: true, user, audiences: [] });
    expect(parseTokenReviewAnswer(answer({}), v1)).toEqual({ authenticated: false });
  });

  test.each([
    ["the version that was not asked for", answer({ authenticated: true, user }, { apiVersion: v1beta1 })],
    ["another kind", answer({ authenticated: true, user }, { kind: "Status" })],
    ["no status", JSON.stringify({})],
    ["yes in words", answer({ authenticated: "true", user })],
    ["yes in numbers", answer({ authenticated: 1, user })],
    ["yes without a user", answer({ authenticated: true })],
    ["groups that are a string", answer({ authenticated: true, user: { username: "a", groups: "system:masters" } })],
    ["a name that is an object", answer({ authenticated: true, user: { username: {} } })],
    ["extra that is a list", answer({ authenticated: true, user: { username: "a", extra: [["k"]] } })],
    ["extra whose values are strings", answer({ authenticated: true, user: { username: "a", extra: { k: "v" } } })],
  ])("is refused for %s", (_, text) => {
    expect(
      isCredentialError(
        failureOf(() => parseTokenReviewAnswer(text, v1)),
        "TOKEN_REVIEW_INVALID",
      ),
    ).toBe(true);
  });
});
