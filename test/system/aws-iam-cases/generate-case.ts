import type { BackendName } from "@kubepass/authenticator/aws-iam";
import type { Random } from "../kubeconfig-cases/random.ts";

/** An identity that STS might confirm. */
export interface CaseIdentity {
  readonly arn: string;
  readonly accountId: string;
  readonly userId: string;
  readonly sessionName: string;
  readonly accessKeyId: string;
}

/** One object of the kind IAMIdentityMapping. */
export interface CaseObject {
  readonly name: string;
  readonly arn: string;
  readonly username: string;
  readonly groups: readonly string[];
}

/** One configuration with all that it leads to, and whom to map. */
export interface MappingCase {
  readonly modes: readonly BackendName[];
  readonly config: string;
  readonly awsAuth: Readonly<Record<string, string>>;
  readonly dynamicFile: string;
  readonly objects: readonly CaseObject[];
  readonly identities: readonly CaseIdentity[];
  readonly instances: Readonly<Record<string, string>>;
}

type Entry = Record<string, unknown>;

const accounts = ["123456789012", "012345678901", "210987654321"];
const partitions = ["aws", "aws", "aws", "aws", "aws-cn", "aws-us-gov"];
const roleNames = ["Admin", "Dev", "node-role", "AWSReservedSSO_Admin_0123456789abcdef", "AWSReservedSSO_Admin_ReadOnly_0123456789abcdef"];
const userNames = ["alice", "team/bob", "Carol"];
const permissionSets = ["Admin", "Admin_ReadOnly", "Dev"];
const userIds = ["AROAAAA", "AROABBB", "AIDACCC"];
const usernames = [
  "plain",
  "admin:{{SessionName}}",
  "raw:{{SessionNameRaw}}",
  "{{AccountID}}/{{AccessKeyID}}",
  "system:node:{{EC2PrivateDNSName}}",
  "{{Unknown}}:{{SessionName}}",
  "eks:reserved",
  "",
];
const groups = ["system:masters", "system:nodes", "dev", "{{AccountID}}-team", "s-{{SessionName}}"];
const sessions = ["me", "me@example.com", "i-0123456789abcdef0", "i-12345678", "i-87654321", "i-short", "{{AccountID}}"];
const instances = { "i-0123456789abcdef0": "ip-10-0-0-1.ec2.internal", "i-12345678": "ip-10-0-0-2.ec2.internal" };

function changeCase(text: string, random: Random): string {
  return random.chance(0.2) ? text.replace(/[^/]*$/, (name) => name.toUpperCase()) : text;
}

function makeRoleArn(random: Random): string {
  const place = `${random.pick(partitions)}:iam::${random.pick(accounts)}`;
  const name = random.pick(roleNames);
  if (random.chance(0.06)) return `arn:${place}:role/${name.slice(0, 2)}*`;
  if (random.chance(0.08)) return `arn:${place}:role/some/path/${name}`;
  if (random.chance(0.08)) return `arn:${place.replace(":iam:", ":sts:")}:assumed-role/${name}/someone`;
  return changeCase(`arn:${place}:role/${name}`, random);
}

function makeUserArn(random: Random): string {
  const [partition, account] = [random.pick(partitions), random.pick(accounts)];
  if (random.chance(0.1)) return `arn:${partition}:iam::${account}:root`;
  if (random.chance(0.1)) return `arn:${partition}:sts::${account}:federated-user/fred`;
  return `arn:${partition}:iam::${account}:user/${random.pick(userNames)}`;
}

function makeNames(random: Random): Entry {
  return { username: random.pick(usernames), groups: random.some(groups, 0.3) };
}

const backends: readonly BackendName[] = ["MountedFile", "EKSConfigMap", "CRD", "DynamicFile"];

/** An entry with something wrong. */
function damage(entry: Entry, random: Random): Entry {
  return random.pick<() => Entry>([
    () => ({ ...entry, groups: "dev" }),
    () => ({ ...entry, groups: [1, "dev"] }),
    () => ({ ...entry, username: 123 }),
    () => ({ ...entry, username: true }),
    () => ({ ...entry, rolearn: "", userarn: "" }),
    () => ({ ...entry, rolearn: "nonsense", userarn: "nonsense" }),
    () => ({ username: "no arn" }),
    () => ({ ...entry, groups: null }),
    () => ({ ...entry, unknown: "key" }),
  ])();
}

function makeRole(random: Random, hasSso: boolean): Entry {
  const pin = random.chance(0.1) ? { userid: random.pick(userIds) } : {};
  if (!hasSso || random.chance(0.75)) return { rolearn: makeRoleArn(random), ...makeNames(random), ...pin };
  const partition = random.chance(0.3) ? { partition: random.pick(partitions) } : {};
  return { sso: { permissionSetName: random.pick(permissionSets), accountID: random.pick(accounts), ...partition }, ...makeNames(random) };
}

/** Where two entries mean the same in another letter case, Go's answer depends on the order of a map: one is enough. */
function unique(entries: readonly Entry[]): readonly Entry[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    const key = JSON.stringify([entry["rolearn"], entry["userarn"]]).toLowerCase();
    const isNew = !seen.has(key) || key === "[null,null]";
    seen.add(key);
    return isNew;
  });
}

interface Lists {
  readonly mapRoles: readonly Entry[];
  readonly mapUsers: readonly Entry[];
  readonly mapAccounts: readonly unknown[];
}

function makeLists(random: Random, hasSso: boolean, damageChance: number): Lists {
  const spoil = (entry: Entry): Entry => (random.chance(damageChance) ? damage(entry, random) : entry);
  const many = (most: number, make: () => Entry): readonly Entry[] =>
    unique(Array.from({ length: random.below(most) }, () => spoil(make())));
  return {
    mapRoles: many(5, () => makeRole(random, hasSso)),
    mapUsers: many(4, () => ({ userarn: makeUserArn(random), ...makeNames(random) })),
    mapAccounts: random.some(accounts, 0.15),
  };
}

/** JSON is YAML; accounts may lose their quotes. */
function writeYaml(value: unknown, random: Random): string {
  const text = JSON.stringify(value, null, 1);
  return random.chance(0.1) ? text.replaceAll(/"(\d{12})"/g, "$1") : text;
}

function makeAwsAuth(random: Random): Readonly<Record<string, string>> {
  const lists = makeLists(random, true, 0.08);
  const texts = Object.entries(lists).map(([name, list]): [string, string] => [name, writeYaml(list, random)]);
  return Object.fromEntries(
    texts.flatMap(([name, text]): readonly [string, string][] => {
      if (random.chance(0.05)) return [[name, random.pick(["", "``", '""', "[", "a: b", "- rolearn: x\n bad"])]];
      return random.chance(0.1) ? [] : [[name, text]];
    }),
  );
}

function makeIdentity(random: Random): CaseIdentity {
  const [partition, accountId] = [random.pick(partitions), random.pick(accounts)];
  const common = { accountId, accessKeyId: "ASIAEXAMPLE", userId: random.pick(userIds) };
  if (random.chance(0.25)) {
    const arn = random.pick([
      `arn:${partition}:iam::${accountId}:user/${random.pick(userNames)}`,
      `arn:${partition}:iam::${accountId}:root`,
      `arn:${partition}:sts::${accountId}:federated-user/fred`,
    ]);
    return { ...common, arn, sessionName: "" };
  }
  const sessionName = random.pick(sessions);
  const name = random.pick([...roleNames, "Stranger", "Address"]);
  return { ...common, arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`, sessionName };
}

/** A configuration of every backend, and identities that it may know. */
export function generateCase(random: Random): MappingCase {
  const modes = random.some(backends, 0.5).toSorted(() => random.next() - 0.5);
  const isStrict = random.chance(0.4);
  const reservedPrefixConfig = random
    .some(backends, 0.3)
    .map((backendMode) => ({ backendMode, usernamePrefixReserveList: random.some(["eks:", "system:", "admin:", "arn:"], 0.4) }));
  const server = { ...makeLists(random, true, 0.02), dynamicfileUserIDStrict: isStrict, reservedPrefixConfig };
  const dynamic = makeLists(random, false, 0.03);
  const withIds = (list: readonly Entry[]): readonly Entry[] =>
    list.map((entry) => (isStrict && random.chance(0.95) ? { ...entry, userid: random.pick(userIds) } : entry));
  const dynamicFile = JSON.stringify({ ...dynamic, mapRoles: withIds(dynamic.mapRoles), mapUsers: withIds(dynamic.mapUsers) });
  const objects = Array.from({ length: random.below(4) }, (_, index): CaseObject => {
    const arn = random.chance(0.7) ? makeRoleArn(random) : makeUserArn(random);
    return { name: `object-${index}`, arn, username: random.pick(usernames), groups: random.some(groups, 0.3) };
  });
  const arns = new Set<string>();
  return {
    modes: modes.length === 0 ? ["MountedFile"] : modes,
    config: writeYaml({ clusterID: "test", server }, random),
    awsAuth: makeAwsAuth(random),
    dynamicFile: random.chance(0.03) ? dynamicFile.slice(0, -1) : dynamicFile,
    objects: objects.filter(({ arn }) => {
      const name = arn.toLowerCase().replace(/^(.*):sts:(.*):assumed-role\/(.*)\/.*$/, "$1:iam:$2:role/$3");
      const isNew = !arns.has(name);
      arns.add(name);
      return isNew;
    }),
    identities: Array.from({ length: 12 }, () => makeIdentity(random)),
    instances,
  };
}
