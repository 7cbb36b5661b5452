import { formatPrintable } from "@kubepass/wire";
import { findArnFlaw } from "./arn.ts";
import { findGroupTypo, isGroupUnknown } from "./group-typo.ts";
import { findUnknownPlaceholder, usesPrivateDnsName, usesSessionName } from "./render-template.ts";
import type { MappingProblem, MappingRule } from "./rule.ts";

/** An entry that was read. */
export interface ReadEntry {
  readonly rule: MappingRule;
  /** As written; empty when the entry has none. */
  readonly arn: string;
  /** Its keys, in lower case. */
  readonly keys: readonly string[];
  /** Whether ARNs of sessions become those of their roles. */
  readonly isCanonicalized: boolean;
}

type Warning = readonly [code: string, message: string];

const knownKeys: ReadonlySet<string> = new Set(["rolearn", "userarn", "sso", "username", "groups", "userid"]);
const sessionArn = /^arn:[^:]*:sts::[^:]*:assumed-role\//i;

function judgeArn({ rule, arn, isCanonicalized }: ReadEntry): Warning | undefined {
  if (rule.match.arn === undefined) return undefined;
  if (!isCanonicalized && sessionArn.test(arn))
    return ["SESSION_ARN", "the ARN is of a session and is compared as written: it never matches; write the role's ARN"];
  const flaw = findArnFlaw(rule.match.arn);
  if (flaw !== undefined) return ["ARN_UNMATCHED", `nobody has the ARN ${formatPrintable(JSON.stringify(arn), 200)}: ${flaw}`];
  if (rule.match.arnWithoutPath === undefined) return undefined;
  return ["ROLE_PATH", "the ARN has a role path: aws-iam-authenticator never matches it, because STS does not tell the path"];
}

function judgeGroup(group: string): Warning | undefined {
  const name = formatPrintable(group, 60);
  const meant = findGroupTypo(group);
  if (meant !== undefined) return ["GROUP_TYPO", `no group is called ${name}; perhaps ${meant} is meant`];
  return isGroupUnknown(group) && !group.includes("{{") ? ["GROUP_UNKNOWN", `Kubernetes has no group ${name} of its own`] : undefined;
}

function judgeNames(names: readonly string[]): readonly (Warning | undefined)[] {
  const unknown = names.map((name) => findUnknownPlaceholder(name)).find((found) => found !== undefined);
  return [
    names.some((name) => usesSessionName(name) || usesPrivateDnsName(name))
      ? ["SESSION_NAME_CHOSEN", "whoever may assume the role chooses the session's name, and with it this user name or group"]
      : undefined,
    unknown === undefined
      ? undefined
      : ["TEMPLATE_UNKNOWN", `${formatPrintable(unknown, 60)} is not filled in: it stays in the name as it is`],
  ];
}

/** What will not do what its author thinks, although it can be read. Pure. */
export function findEntryWarnings(entry: ReadEntry): readonly MappingProblem[] {
  const { username, groups, place } = entry.rule;
  const found: readonly (Warning | undefined)[] = [
    judgeArn(entry),
    username === "" ? ["USERNAME_EMPTY", "username is empty, so nobody gets in by this entry"] : undefined,
    ...judgeNames([username, ...groups]),
    ...entry.keys
      .filter((key) => !knownKeys.has(key))
      .map((key): Warning => ["KEY_UNKNOWN", `${formatPrintable(key, 60)} means nothing here`]),
    ...groups.map((group) => judgeGroup(group)),
  ];
  return found.flatMap((warning) => (warning === undefined ? [] : [{ place, severity: "warning", code: warning[0], message: warning[1] }]));
}
