import { formatPrintable, isJsonObject, type JsonObject } from "@kubepass/wire";
import { describeYaml, readYaml } from "./read-yaml.ts";
import { type EntryStyle, parseEntry } from "./parse-entry.ts";
import { emptyMappingSet, type MappingProblem, type MappingRule, type MappingSet } from "./rule.ts";

const listNames = ["mapRoles", "mapUsers", "mapAccounts"] as const;
type ListName = (typeof listNames)[number];

/** The three lists of a mapping, each `undefined` when it is not there. */
export interface RawMapping {
  readonly mapRoles: unknown;
  readonly mapUsers: unknown;
  readonly mapAccounts: unknown;
}

interface PartialSet {
  readonly rules: readonly MappingRule[];
  readonly problems: readonly MappingProblem[];
}

function wrongList(place: string, value: unknown): MappingProblem {
  return { place, severity: "error", code: "LIST_INVALID", message: `${place} must be a list, not ${describeYaml(value)}` };
}

function parseList(value: unknown, place: ListName, style: EntryStyle): PartialSet {
  if (value === undefined || value === null) return { rules: [], problems: [] };
  if (!Array.isArray(value)) return { rules: [], problems: [wrongList(place, value)] };
  const entries = value.map((entry: unknown, index) => parseEntry(entry, `${place}[${index}]`, style));
  return {
    rules: entries.flatMap(({ rule }) => rule ?? []),
    problems: entries.flatMap(({ problems }) => problems),
  };
}

function parseAccounts(value: unknown): { readonly accounts: ReadonlySet<string>; readonly problems: readonly MappingProblem[] } {
  const place = "mapAccounts";
  if (value === undefined || value === null) return { accounts: new Set(), problems: [] };
  if (!Array.isArray(value)) return { accounts: new Set(), problems: [wrongList(place, value)] };
  const accounts = new Set<string>();
  const problems: MappingProblem[] = [];
  for (const [index, account] of value.entries()) {
    const text = typeof account === "string" || typeof account === "number" ? String(account) : "";
    if (/^\d{12}$/.test(text)) accounts.add(text);
    else {
      const message = "an account is twelve digits; quote it, or YAML takes it for a number and eats the leading zero";
      problems.push({ place: `${place}[${index}]`, severity: "error", code: "ACCOUNT_INVALID", message });
    }
  }
  return { accounts, problems };
}

/** Reads a mapping entry by entry: what is broken is left out and told, the rest counts. Never throws. */
export function parseMapping(raw: RawMapping, style: Omit<EntryStyle, "list">): MappingSet {
  const roles = parseList(raw.mapRoles, "mapRoles", { ...style, list: "roles" });
  const users = parseList(raw.mapUsers, "mapUsers", { ...style, list: "users" });
  const { accounts, problems } = parseAccounts(raw.mapAccounts);
  return {
    rules: [...roles.rules, ...users.rules],
    accounts,
    problems: [...roles.problems, ...users.problems, ...problems],
  };
}

/** How the configuration file of the server reads its own lists. */
export const mountedFileStyle: Omit<EntryStyle, "list"> = {
  isCanonicalized: true,
  hasSso: true,
  userId: "pins",
  isGroupTextSplit: true,
};

/** How kube-system/aws-auth is read. */
export const configMapStyle: Omit<EntryStyle, "list"> = {
  isCanonicalized: false,
  hasSso: true,
  userId: "pins",
  isGroupTextSplit: false,
};

/** How a dynamic file is read. */
export function dynamicFileStyle(isStrict: boolean): Omit<EntryStyle, "list"> {
  return { isCanonicalized: true, hasSso: false, userId: isStrict ? "key" : "ignored", isGroupTextSplit: false };
}

// What editors leave behind when somebody empties a key.
const emptyTexts: ReadonlySet<string> = new Set(["", "``", '""', "''"]);

/** One text of the ConfigMap: a list, nothing, or why it is neither. */
function readListText(text: unknown, name: ListName): { readonly value?: unknown; readonly broken?: MappingProblem } {
  if (text === undefined || text === null) return {};
  if (typeof text !== "string") {
    const told = `${name} must be one text that holds YAML (\`${name}: |\`), not ${describeYaml(text)}`;
    return { broken: { place: name, severity: "error", code: "LIST_NOT_TEXT", message: told } };
  }
  if (emptyTexts.has(text.trim())) return {};
  const content = readYaml(text);
  const isRead = content.kind === "read";
  if (isRead && (Array.isArray(content.value) || content.value === null || content.value === undefined)) return { value: content.value };
  const message = isRead ? `${name} must be a list, not ${describeYaml(content.value)}` : content.reason;
  return { broken: { place: name, severity: "error", code: "YAML_BROKEN", message } };
}

function findUnknownKeys(data: Readonly<Record<string, unknown>>): readonly MappingProblem[] {
  return Object.keys(data)
    .filter((key) => !listNames.some((name) => name === key))
    .map((key) => {
      const place = formatPrintable(key, 60);
      return { place, severity: "warning", code: "KEY_UNKNOWN", message: `only ${listNames.join(", ")} are read, spelled like that` };
    });
}

/**
 * Reads the `data` of the ConfigMap kube-system/aws-auth: three texts of YAML or JSON. `previous` is kept list by list where a
 * text is no YAML at all, so that a typing error locks nobody out. Never throws.
 */
export function parseAwsAuth(data: Readonly<Record<string, unknown>>, previous: MappingSet = emptyMappingSet): MappingSet {
  const [roles, users, accounts] = listNames.map((name) => readListText(data[name], name));
  const read = parseMapping({ mapRoles: roles?.value, mapUsers: users?.value, mapAccounts: accounts?.value }, configMapStyle);
  const kept = previous.rules.filter(({ list }) => (list === "roles" ? roles : users)?.broken !== undefined);
  return {
    rules: [...read.rules, ...kept],
    accounts: accounts?.broken === undefined ? read.accounts : previous.accounts,
    problems: [...[roles, users, accounts].flatMap((list) => list?.broken ?? []), ...findUnknownKeys(data), ...read.problems],
  };
}

/**
 * Reads a dynamic file (JSON). `undefined` when it is no JSON object, or one of its lists is none: then what was there before
 * counts on. Never throws.
 */
export function parseDynamicFile(text: string, isStrict: boolean): MappingSet | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const members = new Map(Object.entries(value).map(([name, member]): [string, unknown] => [name.toLowerCase(), member]));
  const raw = { mapRoles: members.get("maproles"), mapUsers: members.get("mapusers"), mapAccounts: members.get("mapaccounts") };
  const isWhole = Object.values(raw).every((list) => list === undefined || list === null || Array.isArray(list));
  return isWhole ? parseMapping(raw, dynamicFileStyle(isStrict)) : undefined;
}

function findObject(value: unknown, name: string): JsonObject {
  const found: unknown = isJsonObject(value) ? value[name] : undefined;
  return isJsonObject(found) ? found : {};
}

/** Reads one IAMIdentityMapping object: `spec` with `arn`, `username` and `groups`. Never throws. */
export function parseIdentityMapping(object: unknown): MappingSet {
  const { name } = findObject(object, "metadata");
  const { arn, username, groups } = findObject(object, "spec");
  const style: EntryStyle = { list: "roles", isCanonicalized: true, hasSso: false, userId: "ignored", isGroupTextSplit: false };
  const place = `iamidentitymapping ${typeof name === "string" ? name : "without a name"}`;
  const { rule, problems } = parseEntry({ rolearn: arn, username, groups }, place, style);
  return { rules: rule === undefined ? [] : [rule], accounts: new Set(), problems };
}

/** The name of a Kubernetes object; `""` where it has none. */
export function nameOf(object: unknown): string {
  const { name } = findObject(object, "metadata");
  return typeof name === "string" ? name : "";
}

/** Reads all IAMIdentityMapping objects of a cluster: where two mean one ARN, the first by name counts. Never throws. */
export function parseIdentityMappings(objects: readonly unknown[]): MappingSet {
  // The index lets the later win.
  const sets = objects.toSorted((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1)).map((object) => parseIdentityMapping(object));
  return {
    rules: sets.flatMap(({ rules }) => rules),
    accounts: new Set(),
    problems: sets.flatMap(({ problems }) => problems),
  };
}
