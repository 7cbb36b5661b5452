import type { JsonObject } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { compileExpression } from "../jwt/compile-expression.ts";
import { lintAuthenticationConfiguration } from "./lint.ts";

function lint(jwt: readonly JsonObject[], rest: JsonObject = {}): readonly string[] {
  const text = stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt, ...rest });
  const { errors, warnings } = lintAuthenticationConfiguration(text, compileExpression);
  return [...errors.map(({ path }) => `error ${path}`), ...warnings.map(({ path, code }) => `${code} ${path}`)];
}

const issuer = { url: "https://a.test", audiences: ["cluster-7"] };
const guarded = { username: { claim: "sub", prefix: "a:" }, groups: { claim: "groups", prefix: "a:" } };
const good = { issuer, claimMappings: guarded };
const withUsername = (username: JsonObject, rest: JsonObject = {}): JsonObject => ({
  ...good,
  ...rest,
  claimMappings: { ...guarded, username },
});

describe("hints about what kube-apiserver refuses", () => {
  const hintOf = (expression: string, members: JsonObject = {}): string | undefined => {
    const jwt = [{ ...good, claimMappings: { ...guarded, groups: { expression } }, ...members }];
    const text = stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt });
    return lintAuthenticationConfiguration(text, compileExpression).errors[0]?.hint;
  };

  it("say how a claim is gone through", () => {
    expect(hintOf("claims.groups.map(g, 'a:' + g)")).toContain("dyn(claims.groups).map(...)");
    // What the hint says to write is taken.
    for (const expression of ["dyn(claims.groups).map(g, 'a:' + g)", "has(claims.groups) ? dyn(claims.groups).map(g, 'a:' + g) : []"])
      expect(lint([{ ...good, claimMappings: { ...guarded, groups: { expression } } }]).filter((line) => line.startsWith("error"))).toEqual(
        [],
      );
  });

  it.each([
    ["a claim that should be a flag", { claimValidationRules: [{ expression: "claims.email_verified" }] }, "claims.email_verified == true"],
    ["a field that users have not", { userValidationRules: [{ expression: "user.name != 'a'" }] }, "username, uid, groups and extra"],
    ["a prefix that is not there", { claimMappings: { username: { claim: "sub" } } }, 'prefix: ""'],
  ])("say what to do about %s", (_name, members, hint) => {
    expect(hintOf("dyn([])", JSON.parse(JSON.stringify(members)))).toContain(hint);
  });

  it("are left out where nothing better than the error is known", () => {
    expect(hintOf("claims.sub ==")).toBeUndefined();
  });
});

describe("what kube-apiserver takes and should not", () => {
  it("has nothing against a careful configuration", () => {
    const other = { issuer: { ...issuer, url: "https://b.test" }, claimMappings: { username: { expression: "'b:' + claims.sub" } } };
    expect(lint([good, other])).toEqual([]);
  });

  it("sees that two issuers can give one name", () => {
    const other = { issuer: { ...issuer, url: "https://b.test" }, claimMappings: { username: { claim: "sub", prefix: "a:b:" } } };
    expect(lint([good, other])).toEqual(["IDENTITIES_OVERLAP jwt[1].claimMappings.username"]);
    const alike = { ...other, issuer: { ...issuer, url: "https://a.test/" }, claimMappings: { username: { claim: "sub", prefix: "b:" } } };
    expect(lint([good, alike])).toEqual(["ISSUERS_ALIKE jwt[1].issuer.url"]);
  });

  it("sees that a claim can say system:, unless a user rule is in the way", () => {
    const open = { issuer, claimMappings: { username: { claim: "sub", prefix: "" }, groups: { claim: "groups", prefix: "" } } };
    expect(lint([open])).toEqual(["SYSTEM_REACHABLE jwt[0].claimMappings.username", "SYSTEM_REACHABLE jwt[0].claimMappings.groups"]);
    const rules = ["!user.username.startsWith('system:')", "user.groups.all(g, !g.startsWith('system:'))"];
    expect(lint([{ ...open, userValidationRules: rules.map((expression) => ({ expression })) }])).toEqual([]);
    expect(lint([{ ...open, userValidationRules: [{ expression: rules[0] ?? "" }] }])).toEqual([
      "SYSTEM_REACHABLE jwt[0].claimMappings.groups",
    ]);
  });

  it.each([
    ["'a:' + claims.email", "claims.email_verified || true", true],
    ["'a:' + claims.email", "claims.?email_verified.orValue(true) != 7", true],
    ["'a:' + (claims.email_verified ? claims.email : claims.email)", "true", true],
    ["'a:' + claims.email", "claims.email_verified == true", false],
    ["'a:' + (claims.email_verified ? claims.email : claims.sub)", "true", false],
  ])("tries whether %s with the rule %s lets an unverified address through", (expression, rule, isWarned) => {
    const found = lint([withUsername({ expression }, { claimValidationRules: [{ expression: rule }] })]);
    expect(found).toEqual(isWarned ? ["EMAIL_UNVERIFIED_ACCEPTED jwt[0].claimMappings.username.expression"] : []);
  });

  it("sees e-mail addresses that kube-apiserver overlooks", () => {
    expect(lint([withUsername({ expression: "'a:' + string(claims['email'])" })])).toEqual([
      "EMAIL_UNVERIFIED_ACCEPTED jwt[0].claimMappings.username.expression",
      "EMAIL_INDEXED jwt[0].claimMappings.username.expression",
    ]);
  });

  it("sees names that change, audiences that everybody uses, empty demands, and settings that only kube-apiserver uses", () => {
    const entry = withUsername({ claim: "preferred_username", prefix: "a:" }, { claimValidationRules: [{ claim: "hd" }] });
    const audiences = ["cluster-7", "kubernetes"];
    const odd = { ...entry, issuer: { ...issuer, audiences, audienceMatchPolicy: "MatchAny", egressSelectorType: "cluster" } };
    expect(lint([odd], { anonymous: { enabled: true } })).toEqual([
      "NAME_CHANGEABLE jwt[0].claimMappings.username.claim",
      "AUDIENCE_SHARED jwt[0].issuer.audiences[1]",
      "REQUIRED_VALUE_EMPTY jwt[0].claimValidationRules[0].requiredValue",
      "SETTING_UNUSED jwt[0].issuer.egressSelectorType",
      "SETTING_UNUSED anonymous",
    ]);
  });

  it("tells errors alone where there are any", () => {
    expect(lint([{ ...good, issuer: { ...issuer, url: "http://a.test" } }])).toEqual(["error jwt[0].issuer.url"]);
  });
});
