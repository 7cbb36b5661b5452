import { formatPrintable, isJsonObject } from "@kubepass/wire";
import { type ConfigurationProblem, decodingProblem } from "./problem.ts";
import { readYaml } from "./read-yaml.ts";
import type {
  AnonymousConfiguration,
  AuthenticationConfiguration,
  ClaimOrExpression,
  ClaimValidationRule,
  ExtraMapping,
  IssuerConfiguration,
  JwtAuthenticator,
  PrefixedClaimOrExpression,
  UserValidationRule,
} from "./authentication-configuration.ts";

/** A configuration as decoded, with defaults; not yet validated. */
export type DecodedConfiguration =
  | { readonly kind: "decoded"; readonly configuration: AuthenticationConfiguration }
  | { readonly kind: "undecodable"; readonly problems: readonly ConfigurationProblem[] };

const group = "apiserver.config.k8s.io";
const versions = ["v1", "v1beta1", "v1alpha1"];

type Members = Readonly<Record<string, unknown>>;

function describeKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** Strict decoding: absent and null are the zero value, everything else must be known and of its type. */
class StrictReader {
  readonly problems: ConfigurationProblem[] = [];

  #refuse(path: string, value: unknown, wanted: string): void {
    this.problems.push(decodingProblem(path, `cannot be ${describeKind(value)}: ${wanted} is wanted`));
  }

  object(value: unknown, path: string, names: readonly string[]): Members {
    if (value === undefined || value === null) return {};
    if (!isJsonObject(value)) {
      this.#refuse(path, value, "an object");
      return {};
    }
    for (const name of Object.keys(value).filter((key) => !names.includes(key))) {
      const full = path === "" ? name : `${path}.${name}`;
      this.problems.push(decodingProblem(formatPrintable(full, 200), `unknown field ${JSON.stringify(formatPrintable(full, 200))}`));
    }
    return value;
  }

  optionalText(value: unknown, path: string): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    this.#refuse(path, value, "a string");
    return undefined;
  }

  text(value: unknown, path: string): string {
    return this.optionalText(value, path) ?? "";
  }

  flag(value: unknown, path: string): boolean {
    if (value === undefined || value === null) return false;
    if (typeof value !== "boolean") this.#refuse(path, value, "true or false");
    return value === true;
  }

  list<T>(value: unknown, path: string, read: (item: unknown, path: string) => T): readonly T[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.map((item: unknown, index) => read(item, `${path}[${index}]`));
    this.#refuse(path, value, "a list");
    return [];
  }
}

function readIssuer(reader: StrictReader, value: unknown, path: string): IssuerConfiguration {
  const names = ["url", "discoveryURL", "certificateAuthority", "audiences", "audienceMatchPolicy", "egressSelectorType"];
  const members = reader.object(value, path, names);
  return {
    url: reader.text(members["url"], `${path}.url`),
    discoveryUrl: reader.text(members["discoveryURL"], `${path}.discoveryURL`),
    certificateAuthority: reader.text(members["certificateAuthority"], `${path}.certificateAuthority`),
    audiences: reader.list(members["audiences"], `${path}.audiences`, (item, at) => reader.text(item, at)),
    audienceMatchPolicy: reader.text(members["audienceMatchPolicy"], `${path}.audienceMatchPolicy`),
    egressSelectorType: reader.text(members["egressSelectorType"], `${path}.egressSelectorType`),
  };
}

function readClaimRule(reader: StrictReader, value: unknown, path: string): ClaimValidationRule {
  const members = reader.object(value, path, ["claim", "requiredValue", "expression", "message"]);
  return {
    claim: reader.text(members["claim"], `${path}.claim`),
    requiredValue: reader.text(members["requiredValue"], `${path}.requiredValue`),
    expression: reader.text(members["expression"], `${path}.expression`),
    message: reader.text(members["message"], `${path}.message`),
  };
}

function readUserRule(reader: StrictReader, value: unknown, path: string): UserValidationRule {
  const members = reader.object(value, path, ["expression", "message"]);
  return {
    expression: reader.text(members["expression"], `${path}.expression`),
    message: reader.text(members["message"], `${path}.message`),
  };
}

function readPrefixed(reader: StrictReader, value: unknown, path: string): PrefixedClaimOrExpression {
  const members = reader.object(value, path, ["claim", "prefix", "expression"]);
  return {
    claim: reader.text(members["claim"], `${path}.claim`),
    prefix: reader.optionalText(members["prefix"], `${path}.prefix`),
    expression: reader.text(members["expression"], `${path}.expression`),
  };
}

function readUid(reader: StrictReader, value: unknown, path: string): ClaimOrExpression {
  const members = reader.object(value, path, ["claim", "expression"]);
  return { claim: reader.text(members["claim"], `${path}.claim`), expression: reader.text(members["expression"], `${path}.expression`) };
}

function readExtra(reader: StrictReader, value: unknown, path: string): ExtraMapping {
  const members = reader.object(value, path, ["key", "valueExpression"]);
  return {
    key: reader.text(members["key"], `${path}.key`),
    valueExpression: reader.text(members["valueExpression"], `${path}.valueExpression`),
  };
}

function readJwt(reader: StrictReader, value: unknown, path: string): JwtAuthenticator {
  const members = reader.object(value, path, ["issuer", "claimValidationRules", "claimMappings", "userValidationRules"]);
  const mappingsPath = `${path}.claimMappings`;
  const mappings = reader.object(members["claimMappings"], mappingsPath, ["username", "groups", "uid", "extra"]);
  return {
    issuer: readIssuer(reader, members["issuer"], `${path}.issuer`),
    claimValidationRules: reader.list(members["claimValidationRules"], `${path}.claimValidationRules`, (item, at) =>
      readClaimRule(reader, item, at),
    ),
    claimMappings: {
      username: readPrefixed(reader, mappings["username"], `${mappingsPath}.username`),
      groups: readPrefixed(reader, mappings["groups"], `${mappingsPath}.groups`),
      uid: readUid(reader, mappings["uid"], `${mappingsPath}.uid`),
      extra: reader.list(mappings["extra"], `${mappingsPath}.extra`, (item, at) => readExtra(reader, item, at)),
    },
    userValidationRules: reader.list(members["userValidationRules"], `${path}.userValidationRules`, (item, at) =>
      readUserRule(reader, item, at),
    ),
  };
}

function readAnonymous(reader: StrictReader, value: unknown): AnonymousConfiguration | undefined {
  if (value === undefined || value === null) return undefined;
  const members = reader.object(value, "anonymous", ["enabled", "conditions"]);
  return {
    enabled: reader.flag(members["enabled"], "anonymous.enabled"),
    conditions: reader.list(members["conditions"], "anonymous.conditions", (item, at) => ({
      path: reader.text(reader.object(item, at, ["path"])["path"], `${at}.path`),
    })),
  };
}

/** What is wrong with `apiVersion` and `kind`. */
function judgeType(value: Members): readonly ConfigurationProblem[] {
  const { apiVersion, kind } = value;
  if (typeof kind !== "string" || kind === "") return [decodingProblem("kind", "Object 'Kind' is missing")];
  if (typeof apiVersion !== "string" || apiVersion === "") return [decodingProblem("apiVersion", "Object 'apiVersion' is missing")];
  if (!versions.some((version) => apiVersion === `${group}/${version}`)) {
    const known = versions.map((version) => `${group}/${version}`).join(", ");
    return [decodingProblem("apiVersion", `${JSON.stringify(apiVersion)} is none of ${known}`)];
  }
  if (kind === "AuthenticationConfiguration") return [];
  return [decodingProblem("kind", `expected AuthenticationConfiguration, got ${kind}`)];
}

/**
 * Decodes an AuthenticationConfiguration (apiserver.config.k8s.io v1, v1beta1, v1alpha1) from YAML or JSON as strictly as
 * kube-apiserver: duplicate and unknown keys and wrong types are problems, all told at once. Never throws.
 */
export function decodeAuthenticationConfiguration(text: string): DecodedConfiguration {
  if (text === "") return { kind: "undecodable", problems: [decodingProblem("", "empty config data")] };
  const { value, problems } = readYaml(text);
  if (!isJsonObject(value)) {
    return { kind: "undecodable", problems: problems.length > 0 ? problems : [decodingProblem("", "it is not an object")] };
  }
  const typeProblems = judgeType(value);
  if (typeProblems.length > 0) return { kind: "undecodable", problems: [...typeProblems, ...problems] };
  const reader = new StrictReader();
  const members = reader.object(value, "", ["apiVersion", "kind", "jwt", "anonymous"]);
  const configuration: AuthenticationConfiguration = {
    jwt: reader.list(members["jwt"], "jwt", (item, at) => readJwt(reader, item, at)),
    anonymous: readAnonymous(reader, members["anonymous"]),
  };
  const found = [...problems, ...reader.problems];
  return found.length > 0 ? { kind: "undecodable", problems: found } : { kind: "decoded", configuration };
}
