import { readFile } from "node:fs/promises";
import { createFetch } from "@kubepass/network";
import { CredentialError, findPartition } from "@kubepass/wire";
import {
  AwsIamVerifier,
  type AwsIamConfig,
  BackendChain,
  type BackendName,
  type Backend,
  createDescribe,
  createMountedFile,
  createRoleCredentials,
  defaultStsLimits,
  type FindPrivateDnsName,
  type MappingProblem,
  PrivateDnsNames,
  startConfigMap,
  startDynamicFile,
  startIdentityMappings,
  StsClient,
  type StsLimits,
  type WatchedOptions,
} from "../aws-iam/index.ts";
import { describeMappingProblem, findClusterId, readAwsIamConfig } from "./aws-iam-config.ts";
import type { ClusterConnection } from "./serve-host.ts";
import { list, object, optional, text } from "./shape.ts";
import { defineFactory, type FactoryContext } from "./verifier-factory.ts";

const shape = object("EKS tokens: AWS IAM says who it is, mappings say who that is here.", {
  configFile: text("aws-iam-authenticator's own configuration file, unchanged"),
  regions: list("regions whose STS may be asked; those of the partition that are known, and AWS_REGION, when empty", text("region")),
  ec2Region: optional(text("region in which {{EC2PrivateDNSName}} is looked up; AWS_REGION when absent")),
});

const clockToleranceSeconds = 300;
const stsBytes = 64 * 1024;
const ec2Bytes = 4 * 1024 * 1024;
const firstReadMs = 2000;

async function findFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "code") === "ENOENT") return undefined;
    throw error;
  }
}

function sleepWith({ host }: FactoryContext): WatchedOptions["sleep"] {
  return async (durationMs, signal) => await host.clock.sleep(durationMs, signal);
}

/** Starts backends of one verifier. */
class BackendStarter {
  readonly #config: AwsIamConfig;
  readonly #context: FactoryContext;
  #connection: ClusterConnection | undefined;

  constructor(config: AwsIamConfig, context: FactoryContext) {
    this.#config = config;
    this.#context = context;
  }

  readonly start = (name: BackendName): Backend => {
    const { mounted, reservedPrefixes, dynamicFilePath, isUserIdStrict } = this.#config;
    const prefixes = reservedPrefixes.get(name) ?? [];
    if (name === "MountedFile") return createMountedFile(mounted, prefixes);
    const common = { reservedPrefixes: prefixes, sleep: sleepWith(this.#context), onProblems: this.#tell };
    if (name === "DynamicFile")
      return startDynamicFile({ ...common, path: dynamicFilePath, isStrict: isUserIdStrict, read: findFile, onFailure: this.failFile });
    const { get, patch } = this.#connect();
    const watched: WatchedOptions = { ...common, get, onFailure: (message) => this.#failWatch(name, message) };
    return name === "EKSConfigMap"
      ? startConfigMap(watched)
      : startIdentityMappings({ ...watched, patch, onStatusFailure: this.#failStatus });
  };

  readonly #failStatus = (message: string): void => {
    this.#context.host.log.warn("status.canonicalARN of IAMIdentityMapping objects cannot be written; no review needs it", { message });
  };

  readonly failFile = (message: string): void => {
    this.#context.awsIamMetrics.countDynamicFileFailure();
    this.#context.host.log.warn("a mapping file cannot be read; what was known stays", { message });
  };

  readonly #tell = (backend: string, problems: readonly MappingProblem[]): void => {
    for (const problem of problems) this.#context.host.log.warn(`mapping of ${backend}: ${describeMappingProblem(problem)}`);
  };

  #failWatch(backend: string, message: string): void {
    this.#context.awsIamMetrics.countWatchFailure();
    this.#context.host.log.warn("the API server cannot be watched; what was known stays", { backend, message });
  }

  #connect(): ClusterConnection {
    const { connectCluster } = this.#context.host;
    const { kubeconfig, master } = this.#config;
    if (connectCluster === undefined) throw new CredentialError("CONFIG_INVALID", "this program cannot reach an API server for mappings");
    this.#connection ??= connectCluster({ kubeconfig, master });
    return this.#connection;
  }
}

function createLookup(config: AwsIamConfig, region: string | undefined, context: FactoryContext, closing: AbortSignal): FindPrivateDnsName {
  const { host, awsIamMetrics: metrics } = context;
  const place = region ?? findOwnRegion(context) ?? "";
  const { findAwsCredentials: base } = host;
  if (base === undefined) return async () => ({ kind: "uncertain", message: "this program has no credentials for EC2" });
  const fetch = createFetch({ connectTimeoutMs: 3000, totalTimeoutMs: 6000, maxResponseBytes: ec2Bytes }, host);
  const now = (): Date => host.clock.now();
  const { describeInstancesRoleArn: roleArn, sourceArn } = config;
  const credentials = roleArn === "" ? base : createRoleCredentials({ roleArn, sourceArn, region: place }, base, fetch, now);
  const names = new PrivateDnsNames({
    describe: createDescribe({ region: place, credentials, fetch, now, metrics }),
    perSecond: config.describeInstancesQps,
    burst: config.describeInstancesBurst,
    now,
    pause: async (durationMs) => await host.clock.sleep(durationMs, closing),
  });
  return names.find;
}

function findOwnRegion({ host }: FactoryContext): string | undefined {
  const { variables } = host.environment;
  return variables["AWS_REGION"] || variables["AWS_DEFAULT_REGION"] || undefined;
}

/** A region that is new, and not known here, is let in by being the server's own, as with aws-iam-authenticator. */
function chooseRegions(partition: string, listed: readonly string[], own: string | undefined): readonly string[] {
  if (listed.length > 0) return listed;
  return [...(findPartition(partition)?.knownRegions ?? []), ...(own === undefined ? [] : [own])];
}

async function readConfig(name: string, context: FactoryContext): Promise<AwsIamConfig> {
  const { environment, log } = context.host;
  const { config, warnings } = readAwsIamConfig(await context.readFile(name), name, findClusterId(environment.variables));
  for (const warning of warnings) log.warn(`${name}: ${warning}`);
  return config;
}

/**
 * Answers of STS are kept until the token's end, longer than results are, because mappings are looked at anew each time; but
 * where nothing is to be remembered, neither are they.
 */
function limitSts({ maxEntries, successMs, refusalMs }: FactoryContext["cache"]): StsLimits {
  return { ...defaultStsLimits, maxEntries, refusalMs, successMs: successMs === 0 ? 0 : defaultStsLimits.successMs };
}

/** Waits a moment for backends to be read, so that the first answers after a start or a reload are not doubts. */
async function settle(chain: BackendChain, host: FactoryContext["host"]): Promise<void> {
  const startedMs = performance.now();
  while (!host.signal.aborted && chain.views().some(({ index }) => index === undefined) && performance.now() - startedMs < firstReadMs)
    await host.clock.sleep(20, host.signal).catch(() => {});
}

/** `awsIam` in the configuration. */
export const awsIamFactory = defineFactory({
  key: "awsIam",
  shape,
  async create({ configFile, regions, ec2Region }, context) {
    const { host, awsIamMetrics: metrics } = context;
    const config = await readConfig(configFile, context);
    const starter = new BackendStarter(config, context);
    const { dynamicBackendModePath: path } = config;
    const modeFile = path === "" ? undefined : { path, read: findFile, sleep: sleepWith(context), onFailure: starter.failFile };
    const chain = new BackendChain({ modes: config.backendModes, start: starter.start, modeFile });
    await settle(chain, host);
    // Not the host's signal: requests that are open when the server stops are still answered.
    const closing = new AbortController();
    const now = (): Date => host.clock.now();
    const fetch = createFetch(
      { connectTimeoutMs: 3000, totalTimeoutMs: 4500, maxResponseBytes: stsBytes, maxRetries: 0, isKeptAlive: true },
      host,
    );
    return new AwsIamVerifier({
      policy: {
        partition: config.partition,
        regions: chooseRegions(config.partition, regions, findOwnRegion(context)),
        clockToleranceSeconds,
      },
      sts: new StsClient({ clusterId: config.clusterId, fetch, limits: limitSts(context.cache), now, metrics }),
      backends: () => chain.views(),
      scrubbedAccounts: config.scrubbedAccounts,
      findPrivateDnsName: createLookup(config, ec2Region, context, closing.signal),
      metrics,
      log: (message, fields) => host.log.debug(message, fields),
      close: async () => {
        closing.abort();
        await chain.close();
      },
    });
  },
});
