import { OptionProblems, type OptionValues } from "@kubepass/plugin-sdk";
import { findPartition, isClusterId } from "@kubepass/wire";
import type { EksOptions, RoleOptions } from "./eks-options.ts";

export { eksOptions } from "./option-specs.ts";

const defaultSessionName = "kubepass";
const minDurationSeconds = 900;
const maxRoleDurationSeconds = 43_200;
const maxSessionDurationSeconds = 129_600;
const maxTags = 50;

// What STS takes for a session name, a source identity, an external id, and the serial of a device.
const namePattern = /^[\w+=,.@-]{2,64}$/;
const externalIdPattern = /^[\w+=,.@:/-]{2,1224}$/;
const serialPattern = /^[\w+=/:,.@-]{9,256}$/;
const rolePattern = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]{1,512}$/;

/** Typed reading of option values; what is wrong is noted, and reading goes on. */
class Reader {
  readonly #values: OptionValues;
  readonly problems = new OptionProblems();

  constructor(values: OptionValues) {
    this.#values = values;
  }

  findText(name: string, pattern?: RegExp, form?: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string" && (pattern === undefined || pattern.test(value))) return value;
    this.problems.add(`${name} must be ${form ?? "a text"}`);
    return undefined;
  }

  has(name: string): boolean {
    const value = this.#values[name];
    return value !== undefined && value !== "" && value !== false;
  }

  isOn(name: string): boolean {
    return this.#values[name] === true;
  }

  findSeconds(name: string, max: number): number | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= minDurationSeconds && value <= max) return value;
    this.problems.add(`${name} must be from ${minDurationSeconds} to ${max} seconds`);
    return undefined;
  }

  readList(name: string): readonly string[] {
    const value = this.#values[name];
    if (value === undefined || value === "") return [];
    if (typeof value === "string") return [value];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    this.problems.add(`${name} must be a list of texts`);
    return [];
  }

  readMap(name: string): Readonly<Record<string, string>> {
    const value = this.#values[name];
    if (value === undefined) return {};
    const members = typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [];
    const texts = members.filter((member): member is [string, string] => typeof member[1] === "string");
    if (texts.length !== members.length || typeof value !== "object") this.problems.add(`${name} must be a map of texts`);
    return Object.fromEntries(texts);
  }
}

function parseClusterId(reader: Reader): string {
  const name = reader.findText("cluster-name");
  const id = reader.findText("cluster-id");
  if (name !== undefined && id !== undefined) reader.problems.add("cluster-name and cluster-id contradict each other");
  const clusterId = name ?? id;
  if (clusterId === undefined) reader.problems.add("cluster-name is missing");
  else if (!isClusterId(clusterId)) reader.problems.add("the cluster's name must be printable ASCII without blanks at its ends");
  return clusterId ?? "";
}

function parseTags(reader: Reader): Pick<RoleOptions, "tags" | "transitiveTags"> {
  const tags = reader.readMap("session-tag");
  const transitiveTags = reader.readList("transitive-tag");
  if (Object.keys(tags).length > maxTags) reader.problems.add(`session-tag takes at most ${maxTags} tags`);
  const unknown = transitiveTags.filter((key) => !Object.hasOwn(tags, key));
  if (unknown.length > 0) reader.problems.add(`transitive-tag names ${unknown.join(", ")}, which session-tag does not set`);
  return { tags, transitiveTags };
}

// Each says something of a role.
const roleOptionNames = ["external-id", "session-name", "forward-session-name", "source-identity", "session-tag", "transitive-tag"];

function judgeIdleOptions(reader: Reader): void {
  const idle = roleOptionNames.filter((name) => reader.has(name));
  if (idle.length > 0) reader.problems.add(`${idle.join(", ")} need${idle.length === 1 ? "s" : ""} role-arn`);
  if (reader.has("role-duration") && !reader.has("mfa-serial")) reader.problems.add("role-duration needs role-arn or mfa-serial");
}

function judgeRoleOptions(reader: Reader, arns: readonly string[]): void {
  for (const arn of arns) {
    if (!rolePattern.test(arn)) reader.problems.add(`role-arn must be the ARN of a role, not ${JSON.stringify(arn)}`);
  }
  if (arns.length === 0) judgeIdleOptions(reader);
  if (reader.has("forward-session-name") && reader.has("session-name")) {
    reader.problems.add("forward-session-name and session-name contradict each other");
  }
}

function parseRoles(reader: Reader): readonly RoleOptions[] {
  const arns = reader.readList("role-arn");
  judgeRoleOptions(reader, arns);
  const nameForm = "2 to 64 letters, digits or +=,.@_-";
  const common = {
    sessionName: reader.findText("session-name", namePattern, nameForm) ?? defaultSessionName,
    sourceIdentity: reader.findText("source-identity", namePattern, nameForm),
    ...parseTags(reader),
  };
  const externalId = reader.findText("external-id", externalIdPattern, "2 to 1224 letters, digits or +=,.@:/_-");
  // A role that is taken on by another one lasts an hour at most, whatever it allows.
  const maxSeconds = arns.length > 1 ? 3600 : maxRoleDurationSeconds;
  const durationSeconds = arns.length === 0 ? undefined : reader.findSeconds("role-duration", maxSeconds);
  return arns.map((arn, index) => {
    const isLast = index === arns.length - 1;
    return { arn, ...common, externalId: isLast ? externalId : undefined, durationSeconds: isLast ? durationSeconds : undefined };
  });
}

function findEndpointUrl(reader: Reader): string | undefined {
  const text = reader.findText("sts-endpoint-url");
  const problem = text === undefined ? undefined : findEndpointUrlProblem(text);
  if (problem !== undefined) reader.problems.add(`sts-endpoint-url ${problem}`);
  return text;
}

/** What is wrong with a URL to which signed requests are sent; `undefined` when nothing is. */
export function findEndpointUrlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol)) return "must be an https URL";
  if (`${url.username}${url.password}${url.hash}${url.search}` !== "" || url.pathname !== "/") return "must be a host and nothing more";
  const isLoopback = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(url.hostname);
  return url.protocol === "https:" || isLoopback ? undefined : "must be https: http is only possible on a loopback address";
}

function choose<const T extends string>(reader: Reader, name: string, choices: readonly T[], fallback: T): T {
  const text = reader.findText(name);
  const choice = choices.find((known) => known === text);
  if (text !== undefined && choice === undefined) reader.problems.add(`${name} must be one of ${choices.join(", ")}`);
  return choice ?? fallback;
}

function findPartitionName(reader: Reader): string | undefined {
  const name = reader.findText("partition");
  if (name !== undefined && findPartition(name) === undefined) reader.problems.add(`partition ${JSON.stringify(name)} does not exist`);
  return name;
}

/**
 * The options checked and with defaults, without a look at environment and files. Throws one `CONFIG_INVALID` that
 * names every problem.
 */
export function parseEksOptions(values: OptionValues): EksOptions {
  const reader = new Reader(values);
  const roles = parseRoles(reader);
  const options: EksOptions = {
    clusterId: parseClusterId(reader),
    region: reader.findText("region", /^[a-z0-9-]{1,32}$/, "the name of a region, such as eu-central-1"),
    partition: findPartitionName(reader),
    profile: reader.findText("profile"),
    roles,
    isSessionNameForwarded: reader.isOn("forward-session-name"),
    mfaSerial: reader.findText("mfa-serial", serialPattern, "the serial number or ARN of an MFA device"),
    mfaDurationSeconds: roles.length > 0 ? undefined : reader.findSeconds("role-duration", maxSessionDurationSeconds),
    stsEndpoint: choose(reader, "sts-endpoint", ["auto", "regional", "global", "fips", "dual-stack", "fips-dual-stack"], "auto"),
    stsEndpointUrl: findEndpointUrl(reader),
    ssoGrant: choose(reader, "sso-grant-type", ["auto", "authorization-code", "device-code"], "auto"),
    certificateAuthorityFiles: reader.readList("certificate-authority"),
  };
  reader.problems.throwIfAny("see docs/providers/eks.md for what each option takes");
  return options;
}
