import { formatPrintable } from "@kubepass/wire";
import { canonicalizeArn, stripRolePath } from "./arn.ts";
import { isArnPattern, parseArnPattern, parseSsoRole } from "./arn-pattern.ts";
import { findEntryWarnings } from "./entry-warnings.ts";
import { describeYaml } from "./read-yaml.ts";
import type { MappingProblem, MappingRule, RuleMatch } from "./rule.ts";

/** How a backend reads its entries. */
export interface EntryStyle {
  readonly list: "roles" | "users";
  /** Whether ARNs of sessions become those of their roles, as the file backends do; else they are compared as written. */
  readonly isCanonicalized: boolean;
  /** `sso` may stand instead of `rolearn`. */
  readonly hasSso: boolean;
  /** What `userid` does: `pins` must fit beside the ARN, `key` finds the entry (strict DynamicFile), `ignored` does nothing. */
  readonly userId: "pins" | "key" | "ignored";
  /** A text of groups with commas between is a list of them. */
  readonly isGroupTextSplit: boolean;
}

/** An entry, read: a rule unless an error says why not. */
export interface ParsedEntry {
  readonly rule: MappingRule | undefined;
  readonly problems: readonly MappingProblem[];
}

/** Something wrong with one entry. */
class EntryError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Members = ReadonlyMap<string, unknown>;

/** The members by name in lower case, as Go's readers find them. Throws for two names that differ in case alone. */
function readMembers(value: unknown): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new EntryError("ENTRY_INVALID", `an entry must be a map, not ${describeYaml(value)}`);
  const members = new Map<string, unknown>();
  for (const [name, member] of Object.entries(value)) {
    const key = name.toLowerCase();
    if (members.has(key)) throw new EntryError("KEY_TWICE", `${formatPrintable(name, 60)} is given twice, in different case`);
    members.set(key, member);
  }
  return members;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function readText(members: Members, name: string): string {
  const value = members.get(name.toLowerCase());
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new EntryError("NOT_TEXT", `${name} must be text, not ${describeYaml(value)}: quote it`);
  return value;
}

function readGroups(members: Members, style: EntryStyle): readonly string[] {
  const value = members.get("groups");
  if (value === undefined || value === null) return [];
  if (typeof value === "string" && style.isGroupTextSplit) return value === "" ? [] : value.split(",");
  if (!Array.isArray(value)) throw new EntryError("GROUPS_INVALID", `groups must be a list, not ${describeYaml(value)}`);
  return value.map((group: unknown) => {
    if (typeof group !== "string") throw new EntryError("NOT_TEXT", `a group must be text, not ${describeYaml(group)}: quote it`);
    return group;
  });
}

function matchSso(value: unknown): RuleMatch {
  const members = readMembers(value);
  const partition = readText(members, "partition");
  const role = {
    permissionSetName: readText(members, "permissionSetName"),
    accountId: readText(members, "accountID"),
    partition: partition === "" ? undefined : partition,
  };
  const pattern = parseSsoRole(role);
  if (pattern.kind === "refused") throw new EntryError("SSO_INVALID", pattern.reason);
  return { pattern: pattern.matches };
}

function matchPattern(arn: string): RuleMatch {
  const pattern = parseArnPattern(arn);
  if (pattern.kind === "refused") throw new EntryError("PATTERN_UNSAFE", pattern.reason);
  return { pattern: pattern.matches };
}

function matchArn(arn: string, style: EntryStyle): RuleMatch {
  const written = arn.toLowerCase();
  // Found by its id: the ARN has to fit as well, whatever stands there.
  if (style.userId === "key") return { arn: stripRolePath(written) };
  const canonical = canonicalizeArn(written);
  if (canonical === undefined)
    throw new EntryError("ARN_INVALID", `${formatPrintable(arn, 200)} is not the ARN of a role, user or account`);
  const compared = style.isCanonicalized ? canonical.arn : written;
  const bare = stripRolePath(compared);
  return bare === compared ? { arn: compared } : { arn: compared, arnWithoutPath: bare };
}

function readUserId(members: Members, style: EntryStyle): RuleMatch {
  const userId = style.userId === "ignored" ? "" : readText(members, "userid");
  if (userId !== "") return { userId };
  if (style.userId === "key") throw new EntryError("USER_ID_MISSING", "userid is missing, and dynamicfileUserIDStrict asks for it");
  return {};
}

function readMatch(members: Members, style: EntryStyle): RuleMatch {
  const arnName = style.list === "roles" ? "rolearn" : "userarn";
  const arn = readText(members, arnName);
  const pin = readUserId(members, style);
  const sso = style.hasSso && style.list === "roles" ? members.get("sso") : undefined;
  if (isGiven(sso)) {
    if (arn !== "") throw new EntryError("SSO_INVALID", "only one of rolearn and sso may be given");
    return { ...matchSso(sso), ...pin };
  }
  if (arn !== "") return { ...(isArnPattern(arn) && style.userId !== "key" ? matchPattern(arn) : matchArn(arn, style)), ...pin };
  if (style.userId !== "key") throw new EntryError("ARN_MISSING", `${arnName} is missing`);
  return pin;
}

/** Reads one entry of `mapRoles` or `mapUsers`. Never throws: an entry that cannot be used is an error among the problems. */
export function parseEntry(value: unknown, place: string, style: EntryStyle): ParsedEntry {
  try {
    const members = readMembers(value);
    const match = readMatch(members, style);
    const rule: MappingRule = {
      place,
      list: style.list,
      match,
      username: readText(members, "username"),
      groups: readGroups(members, style),
    };
    const arn = readText(members, style.list === "roles" ? "rolearn" : "userarn");
    const keys = [...members.keys()];
    return { rule, problems: findEntryWarnings({ rule, arn, keys, isCanonicalized: style.isCanonicalized }) };
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    return { rule: undefined, problems: [{ place, severity: "error", code: error.code, message: error.message }] };
  }
}
