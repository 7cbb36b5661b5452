import { Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { compile, configurationOf, createScene, goodClaims, now } from "../test-support/jwt-scene.ts";
import { createTestKey, signJwt } from "../test-support/sign-jwt.ts";
import { explainClaims, explainToken, type Explanation } from "./explain.ts";

const key = createTestKey("one", "P-256");

/** The last step that failed. */
function deciding(explanation: Explanation): string | undefined {
  return explanation.steps.findLast(({ outcome }) => outcome === "failed")?.step;
}

describe("explaining a token", () => {
  it("tells each step and the user, and never the token", async () => {
    const token = signJwt({ alg: "ES256", kid: "one" }, { ...goodClaims, groups: ["dev"] }, key);
    const explanation = await explainToken(createScene([key]), new Secret(token), now, new AbortController().signal);
    expect(explanation).toMatchObject({ outcome: "verified", code: "VERIFIED", user: { username: "jane", groups: ["dev"] } });
    expect(explanation.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      "signature passed",
      "iss passed",
      "aud passed",
      "exp passed",
      "claimMappings.username passed",
      "claimMappings.groups passed",
      "names passed",
    ]);
    const text = JSON.stringify(explanation);
    for (const part of token.split(".")) expect(text).not.toContain(part);
  });

  it("tells where distributed groups lie, which are not fetched, and not with what they could be", () => {
    const place = { endpoint: "https://claims.test/jane", access_token: "private-access" };
    const claims = { ...goodClaims, _claim_names: { groups: "there" }, _claim_sources: { there: place } };
    const explanation = explainClaims(compile(configurationOf()), claims, now);
    expect(explanation).toMatchObject({ outcome: "refused", code: "DISTRIBUTED_CLAIMS_REFUSED" });
    expect(explanation.message).not.toContain("claims.test");
    expect(explanation.steps.at(-1)?.detail).toContain("https://claims.test/jane");
    expect(JSON.stringify(explanation)).not.toContain("private-access");
  });

  it("says what is wrong before anything is verified", async () => {
    const changed = `${signJwt({ alg: "ES256", kid: "one" }, goodClaims, key).slice(0, -8)}AAAAAAAA`;
    const explanation = await explainToken(createScene([key]), new Secret(changed), now, new AbortController().signal);
    expect(explanation).toMatchObject({ outcome: "refused", user: undefined });
    expect(deciding(explanation)).toBe("token");
    const foreign = await explainToken(createScene([key]), new Secret("opaque"), now, new AbortController().signal);
    expect(foreign.code).toBe("ISSUER_UNKNOWN");
  });
});

describe("explaining claims", () => {
  const compiled = compile(
    configurationOf({
      claimValidationRules: [
        { claim: "hd", requiredValue: "example.com" },
        { expression: "claims.level > 2.0", message: "too low" },
      ],
      userValidationRules: [{ expression: "!user.username.startsWith('root')", message: "not root" }],
    }),
  );

  it.each([
    [{ sub: "jane", hd: "example.com", level: 3 }, "VERIFIED", undefined],
    [{ sub: "system:admin", hd: "example.com", level: 3 }, "VERIFIED", "names"],
    [{ hd: "example.com", level: 3 }, "USERNAME_UNREADABLE", "claimMappings.username"],
    [{ sub: "jane", hd: "example.org", level: 3 }, "REQUIRED_CLAIM_MISMATCH", "claimValidationRules[claim hd]"],
    [{ sub: "jane", hd: "example.com", level: 1 }, "CLAIM_RULE_FAILED", "claimValidationRules[claims.level > 2.0]"],
    [{ sub: "root", hd: "example.com", level: 3 }, "USER_RULE_FAILED", "userValidationRules[!user.username.startsWith('root')]"],
    [{ sub: "jane", aud: "other" }, "AUDIENCE_MISMATCH", "aud"],
    [{ sub: "jane", exp: 1 }, "TOKEN_EXPIRED", "exp"],
    [{ sub: "jane", iss: "https://other.test" }, "ISSUER_UNKNOWN", "iss"],
    [{ sub: "jane", Exp: 1 }, "CLAIMS_AMBIGUOUS", "claims"],
  ])("%j is %s", (claims, code, step) => {
    const explanation = explainClaims(compiled, claims, now);
    expect([explanation.code, deciding(explanation)]).toEqual([code, step]);
  });

  it("says what it assumes", () => {
    const { steps } = explainClaims(compiled, { sub: "jane" }, now);
    expect(steps.filter(({ outcome }) => outcome === "skipped").map(({ step }) => step)).toEqual([
      "signature",
      "iss",
      "aud",
      "exp",
      "claimMappings.groups",
    ]);
  });
});
