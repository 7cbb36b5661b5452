import type { JsonObject } from "@kubepass/wire";
import { findLiteralPrefix, findMappedPrefix } from "./expression-prefix.ts";
import type { CompiledAuthenticator, CompiledConfiguration } from "../configuration/compiled.ts";

/** Something that kube-apiserver accepts and a careful person would not. */
export interface LintWarning {
  readonly path: string;
  /** Stable, such as `IDENTITIES_OVERLAP`. */
  readonly code: LintCode;
  readonly message: string;
}

/** What each warning means. */
export const lintCodes = {
  IDENTITIES_OVERLAP: "two issuers can give the same user name or group, so that one speaks for the other's people",
  SYSTEM_REACHABLE: "whoever controls the claim can be system:masters or another name that Kubernetes reserves",
  EMAIL_UNVERIFIED_ACCEPTED: "an address that the issuer has not verified becomes the user name",
  EMAIL_INDEXED: 'kube-apiserver does not see that claims["email"] is used, and asks for no check of it',
  NAME_CHANGEABLE: "the claim can be changed by the person, or belong to another one later",
  AUDIENCE_SHARED: "the audience is so common that tokens for other clusters or programs are taken here",
  REQUIRED_VALUE_EMPTY: "the rule demands that the claim is the empty string",
  ISSUERS_ALIKE: "two issuer URLs differ only in the slash at the end",
  SETTING_UNUSED: "kube-apiserver uses the setting, kubepass serve does not",
} as const satisfies Record<string, string>;

/** One of {@link lintCodes}. */
export type LintCode = keyof typeof lintCodes;

function warn(path: string, code: LintCode, detail?: string): LintWarning {
  return { path, code, message: detail === undefined ? lintCodes[code] : `${lintCodes[code]}: ${detail}` };
}

type Mapped = "username" | "groups";

/** The text that every name of a mapping begins with, as far as can be told; `undefined` when there is no mapping. */
function findPrefix(entry: CompiledAuthenticator, what: Mapped): string | undefined {
  const { claim, prefix = "", expression } = entry.authenticator.claimMappings[what];
  if (claim !== "") return prefix;
  if (expression === "") return undefined;
  return findLiteralPrefix(expression) ?? findMappedPrefix(expression) ?? "";
}

function judgeOverlaps(compiled: CompiledConfiguration, what: Mapped): readonly LintWarning[] {
  const prefixes = compiled.authenticators.map((entry) => findPrefix(entry, what));
  return prefixes.flatMap((prefix, index) => {
    const other = prefixes.findIndex(
      (candidate, at) =>
        at < index && prefix !== undefined && candidate !== undefined && (prefix.startsWith(candidate) || candidate.startsWith(prefix)),
    );
    if (other < 0) return [];
    return [
      warn(`jwt[${index}].claimMappings.${what}`, "IDENTITIES_OVERLAP", `give jwt[${other}] and jwt[${index}] prefixes of their own`),
    ];
  });
}

const reserved = "system:";

function isSystemReachable(entry: CompiledAuthenticator, what: Mapped): boolean {
  const prefix = findPrefix(entry, what);
  if (prefix === undefined || !(reserved.startsWith(prefix) || prefix.startsWith(reserved))) return false;
  const user = { username: "", uid: "", groups: [], extra: {} };
  const bad = what === "username" ? { ...user, username: "system:admin" } : { ...user, username: "jane", groups: ["system:masters"] };
  // A rule that lets neither through is a guard, however it is written.
  return entry.userRules.every(({ program }) => {
    const outcome = program.evaluate({ user: bad });
    return outcome.kind === "flag" && outcome.value;
  });
}

const probe = "probe@lint.invalid";

/** Whether every rule lets pass an address that is marked as not verified, judging by trying. */
function isUnverifiedEmailAccepted(entry: CompiledAuthenticator): boolean {
  const claims: JsonObject = { iss: entry.authenticator.issuer.url, sub: "probe", email: probe, email_verified: false };
  const outcome = entry.username?.evaluate({ claims });
  if (outcome?.kind !== "text" || !outcome.value.includes(probe)) return false;
  const rules = entry.claimRules.filter(({ program }) => program.mentionsClaim("email_verified", "selected-or-indexed"));
  return rules.every(({ program }) => {
    const result = program.evaluate({ claims });
    return result.kind === "flag" && result.value;
  });
}

// RFC and vendor documents alike say of these that they may change or be given anew.
const changeable = new Set(["name", "nickname", "given_name", "family_name", "preferred_username", "upn", "unique_name"]);
const common = new Set(["kubernetes", "k8s", "kubelogin", "api", "account", "default", "https://kubernetes.default.svc"]);

function judgeIdentity(entry: CompiledAuthenticator, path: string): readonly LintWarning[] {
  const { username } = entry.authenticator.claimMappings;
  const at = `${path}.claimMappings.username`;
  const isIndexed =
    entry.username?.mentionsClaim("email", "selected") === false && entry.username.mentionsClaim("email", "selected-or-indexed");
  return [
    ...(isSystemReachable(entry, "username") ? [warn(at, "SYSTEM_REACHABLE")] : []),
    ...(isSystemReachable(entry, "groups") ? [warn(`${path}.claimMappings.groups`, "SYSTEM_REACHABLE")] : []),
    ...(isUnverifiedEmailAccepted(entry) ? [warn(`${at}.expression`, "EMAIL_UNVERIFIED_ACCEPTED")] : []),
    ...(isIndexed ? [warn(`${at}.expression`, "EMAIL_INDEXED")] : []),
    ...(changeable.has(username.claim) ? [warn(`${at}.claim`, "NAME_CHANGEABLE", username.claim)] : []),
  ];
}

function judgeSettings(entry: CompiledAuthenticator, path: string): readonly LintWarning[] {
  const { issuer, claimValidationRules } = entry.authenticator;
  const shared = issuer.audiences.flatMap((audience, index) =>
    common.has(audience) ? [warn(`${path}.issuer.audiences[${index}]`, "AUDIENCE_SHARED", audience)] : [],
  );
  const empty = claimValidationRules.flatMap(({ claim, requiredValue }, index) =>
    claim !== "" && requiredValue === "" ? [warn(`${path}.claimValidationRules[${index}].requiredValue`, "REQUIRED_VALUE_EMPTY")] : [],
  );
  const egress = issuer.egressSelectorType === "" ? [] : [warn(`${path}.issuer.egressSelectorType`, "SETTING_UNUSED")];
  return [...shared, ...empty, ...egress];
}

function judgeAlike(compiled: CompiledConfiguration): readonly LintWarning[] {
  const urls = compiled.authenticators.map(({ authenticator }) => authenticator.issuer.url.replace(/\/$/, ""));
  return urls.flatMap((url, index) => (urls.indexOf(url) < index ? [warn(`jwt[${index}].issuer.url`, "ISSUERS_ALIKE")] : []));
}

/** What a valid configuration should not be. Expressions are judged by trying them, rules by what they let through. */
export function findWarnings(compiled: CompiledConfiguration): readonly LintWarning[] {
  return [
    ...judgeOverlaps(compiled, "username"),
    ...judgeOverlaps(compiled, "groups"),
    ...judgeAlike(compiled),
    ...compiled.authenticators.flatMap((entry, index) => [
      ...judgeIdentity(entry, `jwt[${index}]`),
      ...judgeSettings(entry, `jwt[${index}]`),
    ]),
    ...(compiled.configuration.anonymous === undefined ? [] : [warn("anonymous", "SETTING_UNUSED")]),
  ];
}
