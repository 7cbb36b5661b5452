import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { stringify } from "yaml";
import { generateConfiguration } from "./configurations.ts";
import type { Random } from "./random.ts";

const values: readonly JsonValue[] = [
  "",
  "a",
  null,
  7,
  true,
  [],
  {},
  ["a"],
  ["a", "a"],
  ["", "b"],
  { claim: "a" },
  { expression: "a" },
  "claims.sub",
  "claims.email",
  "claims['email']",
  "user.username",
  "user.username == 'a'",
  "claims.sub ==",
  "MatchAny",
  "MatchExact",
  "k8s.io/a",
  "example.org/A",
  "example.org/a",
  "http://a.test",
  "https://u@a.test",
  "https://a.test/?q",
  "https://a.test/#f",
  "https://a.test:port",
  "https://[::1]:8443/x",
  "https://[::1",
  "https://a b.test",
  "https://a.test/%zz",
  "https:a.test",
  "//a.test",
  "https://a:1:2/",
  "://a",
  "controlplane",
  "panda",
  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
];
const names = [
  "url",
  "discoveryURL",
  "audiences",
  "audienceMatchPolicy",
  "certificateAuthority",
  "egressSelectorType",
  "claim",
  "prefix",
  "expression",
  "requiredValue",
  "message",
  "key",
  "valueExpression",
  "username",
  "groups",
  "uid",
  "extra",
  "issuer",
  "claimMappings",
  "claimValidationRules",
  "userValidationRules",
  "Claim",
  "other",
];

const texts = values.filter((value) => typeof value === "string");

/** Another value, mostly of the same kind, so that not every file fails at the first look. */
function replaceValue(value: JsonValue | undefined, random: Random): JsonValue {
  return (typeof value === "string" || value === undefined) && random.chance(0.95) ? random.pick(texts) : random.pick(values);
}

function breakObject(object: JsonObject, random: Random): JsonObject {
  const own = Object.keys(object);
  const name = own.length > 0 && random.chance(0.85) ? random.pick(own) : random.pick(names);
  if (random.chance(0.1)) return Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));
  const inner = object[name];
  const isDeeper = inner !== undefined && typeof inner === "object" && inner !== null && random.chance(0.97);
  return { ...object, [name]: isDeeper ? breakValue(inner, random) : replaceValue(inner, random) };
}

/** The same value with one thing in it changed, removed, added or doubled. */
function breakValue(value: JsonValue, random: Random): JsonValue {
  if (isJsonObject(value)) return breakObject(value, random);
  if (!Array.isArray(value)) return replaceValue(value, random);
  const items: readonly JsonValue[] = value;
  const [first] = items;
  if (items.length === 0 || random.chance(0.1)) return [...items, typeof first === "string" ? random.pick(texts) : {}];
  const at = random.below(items.length);
  const item = items[at] ?? null;
  if (random.chance(0.1)) return [...items, item];
  return items.map((other, index) => (index === at ? breakValue(item, random) : other));
}

/** Breaks below the first level, which decides about everything else. */
function breakJwt(object: JsonObject, random: Random): JsonObject {
  const { jwt } = object;
  if (jwt === undefined || random.chance(0.05)) return breakObject(object, random);
  return { ...object, jwt: breakValue(jwt, random) };
}

/** A configuration file that is most likely broken somewhere. */
export interface BrokenFile {
  readonly text: string;
  /** Whether a line break was put in anywhere, perhaps into a quoted text, or something in front of a line that such a text goes on in. */
  readonly isLineBroken: boolean;
}

/** Whether a place is where a line begins within a text in double quotes. */
function isContinuation(before: string): boolean {
  return /\n *$/.test(before) && (before.split('"').length - 1) % 2 === 1;
}

/** A configuration with one to three things broken, some also in their text. */
export function generateBrokenFile(random: Random): BrokenFile {
  const { object } = generateConfiguration(random);
  const broken = Array.from({ length: random.pick([1, 1, 2, 3]) }).reduce<JsonObject>((value) => breakJwt(value, random), object);
  const text = random.chance(0.5) ? JSON.stringify(broken) : stringify(broken, { version: "1.1" });
  if (random.chance(0.9)) return { text, isLineBroken: false };
  const at = random.below(text.length);
  const piece = random.pick(["\n", "}", "- ", ": ", "#", "&a ", "*a", "\t", "'", "  kind: x\n"]);
  const before = text.slice(0, at);
  return { text: before + piece + text.slice(at), isLineBroken: piece.endsWith("\n") || isContinuation(before) };
}
