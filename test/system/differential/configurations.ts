import type { JsonObject, JsonValue } from "@kubepass/wire";
import { stringify } from "yaml";
import { claimMappingExpressions, claimRules, textExpressions, userRules } from "./expressions.ts";
import type { Random } from "./random.ts";

export const issuerUrls = ["https://a.test", "https://a.test/", "https://b.test/path", "https://accounts.google.com"];
export const audiences = ["one", "two", "three"];
const claimNames = ["sub", "email", "username", "constructor", "__proto__", "a.b/c", "toString"];

/** An AuthenticationConfiguration as generated: a plain object and its text. */
export interface GeneratedConfiguration {
  readonly object: JsonObject;
  readonly text: string;
}

function prefixed(random: Random, names: readonly string[], expressions: readonly string[]): JsonObject {
  if (random.chance(0.4)) return { expression: random.pick(expressions) };
  return { claim: random.pick(names), prefix: random.pick(["", "p:", "-", "https://a.test#"]) };
}

function optional(key: string, isThere: boolean, create: () => JsonValue): JsonObject {
  return isThere ? { [key]: create() } : {};
}

function claimRule(random: Random, index: number): JsonObject {
  if (random.chance(0.4)) {
    return { claim: ["hd", "tenant"][index] ?? "hd", ...optional("requiredValue", random.chance(0.9), () => "example.com") };
  }
  return {
    expression: claimRules[(random.below(100) * 7 + index) % claimRules.length] ?? "true",
    ...optional("message", random.chance(0.5), () => "no"),
  };
}

function distinct(rules: readonly JsonObject[]): readonly JsonObject[] {
  return rules.filter(
    (rule, index) =>
      rules.findIndex((other) => (other["claim"] ?? other["expression"]) === (rule["claim"] ?? rule["expression"])) === index,
  );
}

function mappings(random: Random): JsonObject {
  const extra = ["example.org/a", "example.org/b"].filter(() => random.chance(0.3));
  return {
    username: prefixed(random, claimNames, textExpressions),
    ...optional("groups", random.chance(0.7), () => prefixed(random, ["groups", "roles", "__proto__"], claimMappingExpressions)),
    ...optional("uid", random.chance(0.4), () =>
      random.chance(0.5) ? { claim: random.pick(["uid", "sub", "missing"]) } : { expression: random.pick(textExpressions) },
    ),
    ...optional("extra", extra.length > 0, () =>
      extra.map((key) => ({ key, valueExpression: random.pick([...claimMappingExpressions, ...textExpressions]) })),
    ),
  };
}

/** One entry of `jwt`. */
function generateEntry(url: string, random: Random): JsonObject {
  const own = random.some(audiences, random.pick([1, 1, 1, 2, 3]));
  const rules = distinct(Array.from({ length: random.pick([0, 0, 1, 2]) }, (_, index) => claimRule(random, index)));
  const users = random.some(userRules, random.pick([0, 0, 1, 2]));
  return {
    issuer: {
      url,
      audiences: own,
      ...optional("audienceMatchPolicy", own.length > 1 || random.chance(0.2), () => "MatchAny"),
      ...optional("discoveryURL", random.chance(0.2), () => `https://discovery.test/${encodeURIComponent(url)}`),
    },
    ...optional("claimValidationRules", rules.length > 0, () => rules),
    claimMappings: mappings(random),
    ...optional("userValidationRules", users.length > 0, () => users.map((expression) => ({ expression, message: "not this user" }))),
  };
}

/** A configuration of one to three issuers that is valid but for what its expressions make of it. */
export function generateConfiguration(random: Random): GeneratedConfiguration {
  const version = random.pick(["v1", "v1beta1", "v1alpha1"]);
  const urls = random.some(issuerUrls, random.pick([1, 1, 2, 3]));
  const object = {
    apiVersion: `apiserver.config.k8s.io/${version}`,
    kind: "AuthenticationConfiguration",
    jwt: urls.map((url) => generateEntry(url, random)),
  };
  return { object, text: random.chance(0.5) ? JSON.stringify(object) : stringify(object, { version: "1.1" }) };
}
