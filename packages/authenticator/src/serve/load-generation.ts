import { createPrivateKey, X509Certificate } from "node:crypto";
import { dirname } from "node:path";
import { createSecureContext } from "node:tls";
import { isLoopbackAddress } from "@kubepass/network";
import { CredentialError, formatCanonicalJson } from "@kubepass/wire";
import { type ListenAddress, type ServerTls, toContext } from "../http/tls-server.ts";
import type { ResultCacheLimits } from "../result-cache.ts";
import { Reviewer } from "../reviewer.ts";
import type { Verifier } from "../verifier.ts";
import { type AuthenticateCaller, createCallerCheck, parseCallerTokens } from "./callers.ts";
import { parseAddress } from "./parse-address.ts";
import { type ConfiguredVerifier, parseServeConfig, type ServeConfig } from "./serve-config.ts";
import type { AwsIamMetrics } from "../aws-iam/index.ts";
import type { ServeHost } from "./serve-host.ts";
import { areUnchanged, type FileDigests, TrackedFiles } from "./tracked-files.ts";
import { findFactory } from "./verifier-factories.ts";

/** A verifier, and what it was made from. */
interface MadeVerifier {
  readonly configured: string;
  readonly digests: FileDigests;
  readonly verifier: Verifier;
}

/** One state of the configuration and of all files that it names. Everything in it stays as it is. */
export interface Generation {
  readonly config: ServeConfig;
  readonly address: ListenAddress;
  readonly operationsAddress: ListenAddress;
  readonly tls: ServerTls;
  /** When the server's certificate ends. */
  readonly certificateEndsAt: Date;
  readonly isCallerAllowed: AuthenticateCaller;
  readonly reviewer: Reviewer;
  readonly made: readonly MadeVerifier[];
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** How many certificates there are. Throws when one of them is broken. */
function countCertificates(pem: string): number {
  return (pem.match(certificateBlock) ?? []).filter((block) => new X509Certificate(block).subject !== undefined).length;
}

function isPair(tls: ServerTls): boolean {
  try {
    if (!new X509Certificate(tls.certificatePem).checkPrivateKey(createPrivateKey(tls.privateKeyPem))) return false;
    // The rest of the chain too: nothing of it may turn out to be broken when the new state is already half in force.
    countCertificates(tls.certificatePem);
    createSecureContext(toContext(tls));
    return true;
  } catch {
    // The reason may quote the key.
    return false;
  }
}

/** Without a certificate in it, the runtime would trust every public authority instead. */
function checkAuthority(pem: string, file: string): void {
  try {
    if (countCertificates(pem) > 0) return;
  } catch {
    // Told below, with the name of the file.
  }
  throw new CredentialError("FILE_UNREADABLE", `${file} holds no certificates, or broken ones, of an authority`);
}

async function readTls(config: ServeConfig, files: TrackedFiles): Promise<ServerTls> {
  const { certificateFile, privateKeyFile, callers } = config.listen;
  const tls = {
    certificatePem: await files.read(certificateFile),
    privateKeyPem: await files.read(privateKeyFile),
    clientAuthorityPem: callers.clientAuthorityFile === undefined ? undefined : await files.read(callers.clientAuthorityFile),
  };
  if (tls.clientAuthorityPem !== undefined) checkAuthority(tls.clientAuthorityPem, callers.clientAuthorityFile ?? "");
  if (!isPair(tls)) {
    // Certificate and key may also be caught between two writes: the next look finds both.
    throw new CredentialError("FILE_UNREADABLE", `${certificateFile} and ${privateKeyFile} are no certificate with its key`, {
      hint: "give PEM files that belong together; the key must not be encrypted",
    });
  }
  return tls;
}

function checkCallers(config: ServeConfig, address: ListenAddress): void {
  const { callers, insecureAllowAnyCaller } = config.listen;
  if (callers.clientNames.length > 0 && callers.clientAuthorityFile === undefined) {
    throw new CredentialError("CONFIG_INVALID", "listen.callers.clientNames needs listen.callers.clientAuthorityFile", {
      hint: "name the authority whose certificates prove these names",
    });
  }
  const hasCallers = callers.clientAuthorityFile !== undefined || callers.tokenFile !== undefined;
  if (hasCallers || insecureAllowAnyCaller || isLoopbackAddress(address.host)) return;
  throw new CredentialError(
    "CONFIG_INVALID",
    `listen.address ${config.listen.address} can be reached from elsewhere, and listen.callers says nobody`,
    {
      hint: "set listen.callers.clientAuthorityFile or tokenFile: whoever may ask can try tokens",
    },
  );
}

async function readCallers(config: ServeConfig, files: TrackedFiles): Promise<AuthenticateCaller> {
  const { callers, insecureAllowAnyCaller } = config.listen;
  const hasCallers = callers.clientAuthorityFile !== undefined || callers.tokenFile !== undefined;
  return createCallerCheck({
    // On a loopback address without callers everybody on this machine may ask.
    isAnybodyAllowed: insecureAllowAnyCaller || !hasCallers,
    hasClientAuthority: callers.clientAuthorityFile !== undefined,
    clientNames: callers.clientNames,
    tokens: callers.tokenFile === undefined ? [] : parseCallerTokens(await files.read(callers.tokenFile)),
  });
}

/** What generations share beside the host. */
export interface Shared {
  readonly awsIamMetrics: AwsIamMetrics;
  /** Reads the configuration file; by default a ServeConfiguration. */
  readonly parse?: ((source: string, name: string) => ServeConfig) | undefined;
}

interface Surroundings extends Shared {
  readonly cache: ResultCacheLimits;
  readonly folder: string;
  readonly before: readonly MadeVerifier[];
  readonly seen: Map<string, string>;
}

/** Takes a verifier of the generation before when nothing that it was made from has changed: it knows its issuers' keys. */
async function makeVerifier(configured: ConfiguredVerifier, around: Surroundings, host: ServeHost): Promise<MadeVerifier> {
  const text = formatCanonicalJson([configured.key, configured.settings, { ...around.cache }]);
  const same = around.before.find((each) => each.configured === text);
  if (same !== undefined && (await areUnchanged(same.digests))) {
    for (const [path, digest] of same.digests) around.seen.set(path, digest);
    return same;
  }
  const factory = findFactory(configured.key);
  if (factory === undefined) throw new CredentialError("CONFIG_INVALID", `${configured.path} is not known`);
  const digests = new Map<string, string>();
  const files = new TrackedFiles(around.folder, digests);
  try {
    const verifier = await factory.create(configured.settings, {
      host,
      awsIamMetrics: around.awsIamMetrics,
      cache: around.cache,
      readFile: async (path) => await files.read(path),
    });
    return { configured: text, digests, verifier };
  } finally {
    for (const [path, digest] of digests) around.seen.set(path, digest);
  }
}

function cacheLimitsOf({ cache }: ServeConfig): ResultCacheLimits {
  return { maxEntries: cache.maxEntries, successMs: cache.successSeconds * 1000, refusalMs: cache.refusalSeconds * 1000 };
}

function createReviewer(config: ServeConfig, made: readonly MadeVerifier[], host: ServeHost): Reviewer {
  const { limits, identities, audiences } = config;
  return new Reviewer({
    verifiers: made.map(({ verifier }) => verifier),
    policy: { allowedSystemNames: new Set(identities.allowSystemNames), audiences, maxTokenLength: limits.maxTokenLength },
    cache: cacheLimitsOf(config),
    timeoutMs: limits.reviewSeconds * 1000,
    maxInFlight: limits.maxReviews,
    now: () => host.clock.now(),
    onDefect: (verifier, error) => host.log.warn("a verifier failed", { verifier, error: error instanceof Error ? error.name : "unknown" }),
  });
}

async function closeNew(made: readonly MadeVerifier[], before: readonly MadeVerifier[]): Promise<void> {
  for (const each of made) if (!before.includes(each)) await each.verifier.close?.();
}

/** What a load begins with. */
export interface LoadRequest {
  /** The configuration file. */
  readonly path: string;
  /** What holds now. */
  readonly before: Generation | undefined;
  /** Takes the digests of all files that were looked at, also when the load fails. */
  readonly seen: Map<string, string>;
  readonly shared: Shared;
}

/** Reads the configuration and all that it names. Throws `CONFIG_INVALID` or `FILE_UNREADABLE`, and then leaves nothing behind. */
export async function loadGeneration(request: LoadRequest, host: ServeHost): Promise<Generation> {
  const { path, seen } = request;
  const before = request.before?.made ?? [];
  const files = new TrackedFiles(dirname(path), seen);
  const { shared } = request;
  const config = (shared.parse ?? parseServeConfig)(await files.read(path), path);
  const address = parseAddress(config.listen.address, "listen.address");
  checkCallers(config, address);
  const operationsAddress = parseAddress(config.operations.address, "operations.address");
  const tls = await readTls(config, files);
  const isCallerAllowed = await readCallers(config, files);
  const made: MadeVerifier[] = [];
  try {
    for (const configured of config.verifiers) {
      const one = await makeVerifier(configured, { ...shared, cache: cacheLimitsOf(config), folder: dirname(path), before, seen }, host);
      made.push(one);
    }
  } catch (error) {
    await closeNew(made, before);
    throw error;
  }
  return {
    config,
    address,
    operationsAddress,
    tls,
    certificateEndsAt: new Date(new X509Certificate(tls.certificatePem).validTo),
    isCallerAllowed,
    reviewer: createReviewer(config, made, host),
    made,
  };
}
