import { findPartition, formatPrintable, isClusterId } from "@kubepass/wire";
import { findBackendName } from "../backends/backend-chain.ts";
import { MappingIndex } from "../mapping/mapping-index.ts";
import { mountedFileStyle, parseMapping } from "../mapping/parse-mapping.ts";
import { describeYaml, readYaml } from "../mapping/read-yaml.ts";
import type { BackendName, MappingProblem, MappingSet } from "../mapping/rule.ts";
import { findTextProblems } from "../mapping/text-problems.ts";
import { ConfigReader } from "./config-reader.ts";

/** What aws-iam-authenticator's configuration file says; everything that it may leave out has its default. */
export interface AwsIamConfig {
  readonly clusterId: string;
  readonly partition: string;
  readonly address: string;
  readonly port: number;
  readonly hostname: string;
  readonly stateDir: string;
  /** Where the webhook's kubeconfig goes for the API server. */
  readonly generateKubeconfig: string;
  readonly kubeconfigPregenerated: boolean;
  /** For the backends that watch the API server; both empty means the one of this pod. */
  readonly kubeconfig: string;
  readonly master: string;
  readonly backendModes: readonly BackendName[];
  readonly dynamicFilePath: string;
  readonly isUserIdStrict: boolean;
  readonly dynamicBackendModePath: string;
  readonly describeInstancesRoleArn: string;
  readonly sourceArn: string;
  readonly describeInstancesQps: number;
  readonly describeInstancesBurst: number;
  readonly scrubbedAccounts: ReadonlySet<string>;
  readonly mounted: MappingSet;
  readonly reservedPrefixes: ReadonlyMap<BackendName, readonly string[]>;
}

/** A configuration, or why the server cannot start with it. Warnings and broken entries are among the problems either way. */
export interface ConfigOutcome {
  readonly config: AwsIamConfig | undefined;
  readonly problems: readonly MappingProblem[];
}

function readReservedPrefixes(reader: ConfigReader): ReadonlyMap<BackendName, readonly string[]> {
  const found = new Map<BackendName, readonly string[]>();
  const value = reader.read("reservedPrefixConfig");
  if (value === undefined || value === null) return found;
  if (!Array.isArray(value)) {
    reader.tell("reservedPrefixConfig", "error", "LIST_INVALID", `must be a list, not ${describeYaml(value)}`);
    return found;
  }
  for (const [index, entry] of value.entries()) {
    const inner = new ConfigReader(entry, `server.reservedPrefixConfig[${index}]`, reader.problems);
    const mode = findBackendName(inner.readText("backendMode", ""));
    if (mode === undefined) inner.tell("backendMode", "error", "BACKEND_UNKNOWN", "is no backend");
    else found.set(mode, inner.readTexts("usernamePrefixReserveList"));
  }
  return found;
}

function readModes(reader: ConfigReader): readonly BackendName[] {
  const words = reader.readTexts("backendMode", /[\s,]+/);
  const names = (words.length === 0 ? ["MountedFile"] : words).flatMap((word) => {
    const name = findBackendName(word);
    if (name === undefined) reader.tell("backendMode", "error", "BACKEND_UNKNOWN", `has ${formatPrintable(word, 60)}, which is no backend`);
    return name ?? [];
  });
  if (new Set(names).size !== names.length) reader.tell("backendMode", "error", "BACKEND_TWICE", "has a backend twice");
  return names;
}

function judgeTogether(config: AwsIamConfig, root: ConfigReader, reader: ConfigReader): void {
  const { clusterId, partition, backendModes, dynamicFilePath } = config;
  if (!isClusterId(clusterId)) root.tell("clusterID", "error", "CLUSTER_ID_INVALID", "is missing, or is no name of a cluster");
  if (findPartition(partition) === undefined) reader.tell("partition", "error", "PARTITION_UNKNOWN", "is no partition of AWS");
  if (backendModes.includes("DynamicFile") !== (dynamicFilePath !== ""))
    reader.tell("dynamicfilepath", "error", "DYNAMIC_FILE_HALF", "and DynamicFile among the backend modes go together");
}

// Problems that leave an entry out; all other errors stop the server, or leave the last good configuration in force: a list that is
// none at all would lock everybody in it out.
const isAboutEntry = (problem: MappingProblem): boolean =>
  /^(?:mapRoles|mapUsers|mapAccounts)\[/.test(problem.place) || problem.place.startsWith("arn:");

/**
 * Reads aws-iam-authenticator's own configuration file, unchanged: names in any case, unknown ones with a warning. Broken
 * entries of the mapping are left out and told; anything else that is wrong leaves `config` undefined. Never throws.
 * `clusterId` is what the environment or a flag says, and wins.
 */
export function parseAwsIamConfig(text: string, clusterId?: string): ConfigOutcome {
  const content = readYaml(text);
  if (content.kind === "broken")
    return { config: undefined, problems: [{ place: "the file", severity: "error", code: "YAML_BROKEN", message: content.reason }] };
  const root = new ConfigReader(content.value ?? {}, "", []);
  const reader = new ConfigReader(root.read("server") ?? {}, "server", root.problems);
  const mounted = parseMapping(
    { mapRoles: reader.read("mapRoles"), mapUsers: reader.read("mapUsers"), mapAccounts: reader.read("mapAccounts") },
    mountedFileStyle,
  );
  const config: AwsIamConfig = {
    clusterId: clusterId ?? root.readText("clusterID", ""),
    partition: reader.readText("partition", "aws"),
    address: reader.readText("address", "127.0.0.1"),
    port: reader.readNumber("port", 21_362),
    hostname: reader.readText("hostname", "localhost"),
    stateDir: reader.readText("stateDir", "/var/aws-iam-authenticator"),
    generateKubeconfig: reader.readText("generateKubeconfig", "/etc/kubernetes/aws-iam-authenticator/kubeconfig.yaml"),
    kubeconfigPregenerated: reader.readTruth("kubeconfigPregenerated"),
    kubeconfig: reader.readText("kubeconfig", ""),
    master: reader.readText("master", ""),
    backendModes: readModes(reader),
    dynamicFilePath: reader.readText("dynamicfilepath", ""),
    isUserIdStrict: reader.readTruth("dynamicfileUserIDStrict"),
    dynamicBackendModePath: reader.readText("dynamicBackendModePath", ""),
    describeInstancesRoleArn: reader.readText("ec2DescribeInstancesRoleARN", ""),
    sourceArn: reader.readText("sourceARN", ""),
    describeInstancesQps: reader.readNumber("ec2DescribeInstancesQps", 15),
    describeInstancesBurst: reader.readNumber("ec2DescribeInstancesBurst", 5),
    scrubbedAccounts: new Set(reader.readTexts("scrubbedAccounts", /[\s,]+/)),
    mounted,
    reservedPrefixes: readReservedPrefixes(reader),
  };
  judgeTogether(config, root, reader);
  reader.tellUnknown();
  const problems = [...root.problems, ...mounted.problems, ...new MappingIndex(mounted).findProblems(), ...findTextProblems(content)];
  const isUsable = problems.every((problem) => problem.severity === "warning" || isAboutEntry(problem));
  return { config: isUsable ? config : undefined, problems };
}
