import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { convertOidcFlags, type OidcFlags, type OidcFlagsResult } from "./oidc-flags.ts";
import { type ConfigurationProblem, invalidProblem, requiredProblem } from "./problem.ts";
import { readYaml } from "./read-yaml.ts";

/** What kube-apiserver's command line says of JWTs. */
export interface ApiServerFlags {
  /** `undefined` when there is no `--oidc-*` flag at all. The file of {@link caFile} is still to be read. */
  readonly oidc: OidcFlags | undefined;
  /** `--oidc-ca-file`; empty when there is none. */
  readonly caFile: string;
  /** `--authentication-config`; empty when there is none. */
  readonly authenticationConfig: string;
  /** `--service-account-issuer`, which no JWT issuer may be. */
  readonly serviceAccountIssuers: readonly string[];
  readonly problems: readonly ConfigurationProblem[];
}

/** Names of kube-apiserver's flags about one OpenID Connect issuer, without dashes. */
export const oidcFlagNames = [
  "oidc-issuer-url",
  "oidc-client-id",
  "oidc-ca-file",
  "oidc-username-claim",
  "oidc-username-prefix",
  "oidc-groups-claim",
  "oidc-groups-prefix",
  "oidc-signing-algs",
  "oidc-required-claim",
] as const;

const known: ReadonlySet<string> = new Set([...oidcFlagNames, "authentication-config", "service-account-issuer"]);

interface GivenFlags {
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly ConfigurationProblem[];
}

const flagForm = /^--([A-Za-z0-9_-]+)(?:=([\s\S]*))?$/;

/** A flag's name, with `_` as `-`, and its value where it stands behind `=`. */
function readFlag(word: string): { readonly name: string; readonly value: string | undefined } {
  const [, name = "", value] = flagForm.exec(word) ?? [];
  return { name: name.replaceAll("_", "-"), value };
}

/** Flags as kube-apiserver's own reader takes them: `--name=value` or `--name value`; others are passed over. */
function readFlags(args: readonly string[]): GivenFlags {
  const texts = new Map<string, string[]>();
  const problems: ConfigurationProblem[] = [];
  const end = args.indexOf("--");
  const words = (end < 0 ? args : args.slice(0, end)).values();
  for (const word of words) {
    const { name, value } = readFlag(word);
    if (!known.has(name)) {
      if (name.startsWith("oidc-")) problems.push(invalidProblem(`--${name}`, name, "unknown flag"));
      continue;
    }
    const text = value ?? words.next().value;
    if (text === undefined) problems.push(invalidProblem(`--${name}`, "", "flag needs an argument"));
    else texts.set(name, [...(texts.get(name) ?? []), text]);
  }
  return { texts, problems };
}

function readRequiredClaims(texts: readonly string[], problems: ConfigurationProblem[]): Readonly<Record<string, string>> {
  const pairs = texts.flatMap((text) => {
    const at = text.indexOf("=");
    if (at >= 0) return [[text.slice(0, at).trim(), text.slice(at + 1).trim()] as const];
    problems.push(invalidProblem("--oidc-required-claim", text, "malformed pair, expect string=string"));
    return [];
  });
  return Object.fromEntries(pairs);
}

/** Reads the arguments of a kube-apiserver, or its `--oidc-*` flags alone. Never throws. */
export function parseApiServerFlags(args: readonly string[]): ApiServerFlags {
  const { texts, problems: found } = readFlags(args);
  const problems = [...found];
  const all = (name: string): readonly string[] => texts.get(name) ?? [];
  const last = (name: string): string | undefined => all(name).at(-1);
  const textOf = (name: string): string => last(name) ?? "";
  const hasOidc = oidcFlagNames.some((name) => texts.has(name));
  const authenticationConfig = textOf("authentication-config");
  if (hasOidc && authenticationConfig !== "")
    problems.push(invalidProblem("--authentication-config", authenticationConfig, "the file and oidc-* flags are mutually exclusive"));
  const algorithms = all("oidc-signing-algs").flatMap((text) => (text === "" ? [] : text.split(",")));
  const oidc: OidcFlags = {
    issuerUrl: textOf("oidc-issuer-url"),
    clientId: textOf("oidc-client-id"),
    usernameClaim: last("oidc-username-claim"),
    usernamePrefix: last("oidc-username-prefix"),
    groupsClaim: last("oidc-groups-claim"),
    groupsPrefix: last("oidc-groups-prefix"),
    signingAlgorithms: algorithms.length === 0 ? undefined : algorithms,
    requiredClaims: readRequiredClaims(all("oidc-required-claim"), problems),
  };
  return {
    oidc: hasOidc ? oidc : undefined,
    caFile: textOf("oidc-ca-file"),
    authenticationConfig,
    serviceAccountIssuers: all("service-account-issuer"),
    problems,
  };
}

/**
 * What kube-apiserver makes of its flags: one issuer, and the algorithms that it takes. `certificateAuthority` is the text of
 * {@link ApiServerFlags.caFile}. It still has to be validated. Never throws.
 */
export function convertApiServerFlags(flags: ApiServerFlags, certificateAuthority: string): OidcFlagsResult {
  const { oidc, authenticationConfig } = flags;
  if (oidc === undefined) {
    const elsewhere = authenticationConfig === "" ? "there is no --oidc-* flag" : `JWTs are configured by the file ${authenticationConfig}`;
    return { kind: "invalid", problems: [...flags.problems, requiredProblem("--oidc-issuer-url", elsewhere)] };
  }
  const converted = convertOidcFlags({ ...oidc, certificateAuthority });
  const problems = [...flags.problems, ...(converted.kind === "invalid" ? converted.problems : [])];
  return problems.length > 0 ? { kind: "invalid", problems } : converted;
}

function podSpecOf(document: JsonObject): JsonObject | undefined {
  const { spec } = document;
  if (!isJsonObject(spec)) return undefined;
  const template = isJsonObject(spec["template"]) ? spec["template"]["spec"] : undefined;
  return isJsonObject(template) ? template : spec;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The arguments of kube-apiserver in the text of its pod's manifest, or of what makes its pods; `undefined` for any other text. */
export function findApiServerArguments(text: string): readonly string[] | undefined {
  // Most texts are something else, and need not be read for that.
  if (!text.includes("kube-apiserver")) return undefined;
  const { value } = readYaml(text);
  const containers = isJsonObject(value) ? podSpecOf(value)?.["containers"] : undefined;
  const lines = (Array.isArray(containers) ? containers : []).map((each: unknown) =>
    isJsonObject(each) ? [...textsOf(each["command"]), ...textsOf(each["args"])] : [],
  );
  return lines.find((line) => line.some((word) => /(?:^|\/)kube-apiserver$/.test(word)));
}
