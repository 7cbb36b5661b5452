import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { compileExpression } from "../jwt/compile-expression.ts";
import { createAuthority } from "@kubepass/network/test-support";
import { parseAuthenticationConfiguration } from "./load.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

const issuer = { url: "https://issuer.test", audiences: ["a"] };
const username = { claim: "sub", prefix: "" };
const entry = { issuer, claimMappings: { username } };

function textOf(jwt: readonly Json[], rest: Record<string, Json> = {}): string {
  return stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt, ...rest });
}

/** `path kind` of each problem. */
function problemsOf(text: string): readonly string[] {
  const result = parseAuthenticationConfiguration(text, compileExpression, { disallowedIssuers: ["https://sa.test"] });
  return result.kind === "valid" ? [] : result.problems.map(({ path, kind }) => `${path} ${kind}`);
}

const withIssuer = (members: Record<string, Json>): string => textOf([{ ...entry, issuer: { ...issuer, ...members } }]);
const withMappings = (members: Record<string, Json>): string => textOf([{ ...entry, claimMappings: { username, ...members } }]);
const withRules = (rules: readonly Json[]): string => textOf([{ ...entry, claimValidationRules: rules }]);
const withUserRules = (rules: readonly Json[]): string => textOf([{ ...entry, userValidationRules: rules }]);
const url = "jwt[0].issuer.url";
const discovery = "jwt[0].issuer.discoveryURL";
const mapping = "jwt[0].claimMappings";
const rule = "jwt[0].claimValidationRules";

describe("every rule of kube-apiserver, under its paths", () => {
  it.each<readonly [string, string, readonly string[]]>([
    ["no issuer", textOf([]), []],
    ["one issuer", textOf([entry]), []],
    ["65 issuers", textOf(Array.from({ length: 65 }, () => entry)), ["jwt too-many"]],
    [
      "64 issuers",
      textOf(Array.from({ length: 64 }, (_, index) => ({ ...entry, issuer: { ...issuer, url: `https://issuer.test/${index}` } }))),
      [],
    ],
    ["an issuer twice", textOf([entry, entry]), ["jwt[1].issuer.url duplicate"]],
    [
      "a discovery URL twice",
      textOf([1, 2].map((index) => ({ ...entry, issuer: { ...issuer, url: `https://i${index}.test`, discoveryURL: "https://d.test" } }))),
      ["jwt[1].issuer.discoveryURL duplicate"],
    ],
    ["no URL", withIssuer({ url: "" }), [`${url} required`]],
    ["no scheme", withIssuer({ url: "invalid-url" }), [`${url} invalid`]],
    ["a bad port", withIssuer({ url: "https://h:port" }), [`${url} invalid`]],
    ["http", withIssuer({ url: "http://h" }), [`${url} invalid`]],
    [
      "everything at once",
      withIssuer({ url: "http://u:p@h?q#f" }),
      [`${url} invalid`, `${url} invalid`, `${url} invalid`, `${url} invalid`],
    ],
    ["an empty query", withIssuer({ url: "https://h?" }), []],
    ["a disallowed issuer", withIssuer({ url: "https://sa.test" }), [`${url} invalid`]],
    ["an empty discovery URL", withIssuer({ discoveryURL: "" }), []],
    ["a discovery URL elsewhere", withIssuer({ discoveryURL: "https://d.test/path" }), []],
    ["a discovery URL that is the issuer", withIssuer({ discoveryURL: "https://issuer.test///" }), [`${discovery} invalid`]],
    ["a bad discovery URL", withIssuer({ discoveryURL: "http://d.test?q" }), [`${discovery} invalid`, `${discovery} invalid`]],
    ["no audience", withIssuer({ audiences: [] }), ["jwt[0].issuer.audiences required"]],
    ["an empty audience", withIssuer({ audiences: [""] }), ["jwt[0].issuer.audiences[0] required"]],
    ["an audience twice", withIssuer({ audiences: ["a", "a"], audienceMatchPolicy: "MatchAny" }), ["jwt[0].issuer.audiences[1] duplicate"]],
    ["one audience and MatchAny", withIssuer({ audienceMatchPolicy: "MatchAny" }), []],
    ["one audience and another policy", withIssuer({ audienceMatchPolicy: "MatchExact" }), ["jwt[0].issuer.audienceMatchPolicy invalid"]],
    ["two audiences without policy", withIssuer({ audiences: ["a", "b"] }), ["jwt[0].issuer.audienceMatchPolicy invalid"]],
    ["text for a certificate", withIssuer({ certificateAuthority: "invalid" }), ["jwt[0].issuer.certificateAuthority invalid"]],
    ["an unknown egress", withIssuer({ egressSelectorType: "panda" }), ["jwt[0].issuer.egressSelectorType invalid"]],
    ["a known egress", withIssuer({ egressSelectorType: "controlplane" }), []],
    ["a rule of nothing", withRules([{}]), [`${rule}[0] required`]],
    ["a rule of both", withRules([{ claim: "a", expression: "true" }]), [`${rule}[0] invalid`]],
    ["a message with a claim", withRules([{ claim: "a", message: "m" }]), [`${rule}[0].message invalid`]],
    ["a value with an expression", withRules([{ expression: "true", requiredValue: "v" }]), [`${rule}[0].requiredValue invalid`]],
    ["a claim twice", withRules([{ claim: "a" }, { claim: "a" }]), [`${rule}[1].claim duplicate`]],
    ["an expression twice", withRules([{ expression: "true" }, { expression: "true" }]), [`${rule}[1].expression duplicate`]],
    ["an unknown name", withRules([{ expression: "foo.bar" }]), [`${rule}[0].expression invalid`]],
    ["a rule that is no bool", withRules([{ expression: "claims.foo" }]), [`${rule}[0].expression invalid`]],
    ["no user name", withMappings({ username: {} }), [`${mapping}.username required`]],
    ["a user name of both", withMappings({ username: { claim: "a", expression: "claims.b" } }), [`${mapping}.username invalid`]],
    ["a claim without prefix", withMappings({ username: { claim: "a" } }), [`${mapping}.username.prefix required`]],
    [
      "an expression with prefix",
      withMappings({ username: { expression: "claims.sub", prefix: "" } }),
      [`${mapping}.username.prefix invalid`],
    ],
    ["a bad expression", withMappings({ username: { expression: "claims.sub +" } }), [`${mapping}.username.expression invalid`]],
    ["groups of nothing", withMappings({ groups: {} }), []],
    ["groups of both", withMappings({ groups: { claim: "a", expression: "claims.b" } }), [`${mapping}.groups invalid`]],
    ["groups without prefix", withMappings({ groups: { claim: "a" } }), [`${mapping}.groups.prefix required`]],
    [
      "groups with prefix and expression",
      withMappings({ groups: { expression: "claims.g", prefix: "x" } }),
      [`${mapping}.groups.prefix invalid`],
    ],
    ["a uid of both", withMappings({ uid: { claim: "a", expression: "claims.b" } }), [`${mapping}.uid invalid`]],
    ["a bad uid", withMappings({ uid: { expression: "uid" } }), [`${mapping}.uid.expression invalid`]],
    ...[
      ["", ["required"]],
      ["foo", ["invalid"]],
      ["example.org/Foo", ["invalid"]],
      ["Example.org/foo", ["invalid", "invalid"]],
      ["k8s.io/foo", ["invalid"]],
      ["a.kubernetes.io/foo", ["invalid"]],
      ["ak8s.io/x", []],
      ["example.org/a b", ["invalid"]],
    ].map(([key, kinds]) => {
      const text = withMappings({ extra: [{ key: String(key), valueExpression: "claims.a" }] });
      return [`the extra key ${String(key)}`, text, Array.from(kinds ?? [], (kind) => `${mapping}.extra[0].key ${kind}`)] as const;
    }),
    ["an extra without value", withMappings({ extra: [{ key: "a.b/c" }] }), [`${mapping}.extra[0].valueExpression required`]],
    [
      "an extra key twice",
      withMappings({ extra: ["claims.a", "bad("].map((valueExpression) => ({ key: "a.b/c", valueExpression })) }),
      [`${mapping}.extra[1].key duplicate`],
    ],
    ["a user rule of nothing", withUserRules([{}]), ["jwt[0].userValidationRules[0].expression required"]],
    [
      "a user rule twice",
      withUserRules([{ expression: "true" }, { expression: "true" }]),
      ["jwt[0].userValidationRules[1].expression duplicate"],
    ],
    ["a user rule over claims", withUserRules([{ expression: "claims.a == 'b'" }]), ["jwt[0].userValidationRules[0].expression invalid"]],
    ["a user rule that is no bool", withUserRules([{ expression: "user.username" }]), ["jwt[0].userValidationRules[0].expression invalid"]],
    [
      "anonymous conditions that are off",
      textOf([], { anonymous: { enabled: false, conditions: [{ path: "/" }] } }),
      ["anonymous.conditions invalid"],
    ],
  ])("%s", (_name, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  it("takes certificates", async () => {
    const { certificatePem } = await createAuthority();
    expect(problemsOf(withIssuer({ certificateAuthority: certificatePem }))).toEqual([]);
  });
});

describe("the e-mail rule", () => {
  it.each([
    "claims.email",
    "claims.?email.orValue('')",
    "string({claims.email: 'x'})",
    "['a', string(claims.email)].join(' ')",
    "claims.email.trim()",
    "has(claims.email) ? claims.email : claims.sub",
    'claims["email"]',
    'claims[?"email"].orValue("")',
  ])("wants a check beside %s", (expression) => {
    expect(problemsOf(withMappings({ username: { expression } })).at(-1)).toBe(`${mapping}.username.expression invalid`);
  });

  it.each(["claims.email_", "claims.other.claims.email", "claims.?email_verified.orValue(true) ? claims.email : claims.sub"])(
    "wants none beside %s",
    (expression) => {
      expect(problemsOf(withMappings({ username: { expression } }))).toEqual([]);
    },
  );

  it("is content with a rule or an extra, and not with a claim of such a name", () => {
    const mappings = { username: { expression: "claims.email" } };
    const of = (rules: readonly Json[], extra: readonly Json[]): readonly string[] =>
      problemsOf(textOf([{ issuer, claimMappings: { ...mappings, extra }, claimValidationRules: rules }]));
    expect(of([{ expression: "claims.email_verified == true" }], [])).toEqual([]);
    expect(of([], [{ key: "a.b/c", valueExpression: "string(claims.email_verified)" }])).toEqual([]);
    expect(of([{ claim: "email_verified", requiredValue: "true" }], [])).toEqual([`${mapping}.username.expression invalid`]);
  });

  it("does not see an indexed claim when it is told to be as blind as kube-apiserver", () => {
    const text = withMappings({ username: { expression: 'claims["email"]' } });
    expect(parseAuthenticationConfiguration(text, compileExpression, { isIndexedEmailIgnored: true }).kind).toBe("valid");
  });
});

describe("strict decoding", () => {
  const whole = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n";
  it.each([
    ["an empty file", "", [" decoding"]],
    ["a list", "[]", [" decoding"]],
    ["no kind", "apiVersion: apiserver.config.k8s.io/v1\n", ["kind decoding"]],
    ["another kind", whole.replace("AuthenticationConfiguration", "AuthorizationConfiguration"), ["kind decoding"]],
    ["another version", whole.replace("v1beta1", "v2"), ["apiVersion decoding"]],
    ["an unknown field", `${whole}jwt:\n- issuer: {uri: x}\nmore: 1\n`, ["more decoding", "jwt[0].issuer.uri decoding"]],
    ["odd case", `${whole}JWT: []\n`, ["JWT decoding"]],
    ["a key twice", `${whole}jwt: []\njwt: []\n`, ["jwt decoding"]],
    ["a key twice inside", `${whole}jwt:\n- issuer: {url: a, url: b}\n`, ["jwt[0].issuer.url decoding"]],
    ["a number for text", `${whole}jwt:\n- issuer: {url: 7}\n`, ["jwt[0].issuer.url decoding"]],
    ["yes, which is true in YAML 1.1", `${whole}jwt:\n- issuer: {url: yes}\n`, ["jwt[0].issuer.url decoding"]],
    ["an object for a list", `${whole}jwt: {}\n`, ["jwt decoding"]],
    ["what is no YAML", `${whole}jwt: [`, [" decoding"]],
    [
      "an alias bomb",
      `a: &a [x,x]\n${Array.from({ length: 30 }, (_, index) => `a${index}: &a${index} [*a${index === 0 ? "" : index - 1},*a${index === 0 ? "" : index - 1}]`).join("\n")}\n`,
      [" decoding"],
    ],
    ["deep nesting", "[".repeat(100_000), [" decoding"]],
  ])("refuses %s", (_name, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  it("reads JSON, nulls, and all three versions alike", () => {
    for (const version of ["v1", "v1beta1", "v1alpha1"]) {
      const object = {
        apiVersion: `apiserver.config.k8s.io/${version}`,
        kind: "AuthenticationConfiguration",
        jwt: [entry],
        anonymous: null,
      };
      expect(problemsOf(JSON.stringify(object))).toEqual([]);
    }
  });
});
