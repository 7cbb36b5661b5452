import type { OptionSpec } from "@kubepass/plugin-sdk";
import { CredentialError, isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import type { ProviderEntry } from "../registry.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { describeNearest } from "./suggest.ts";

/** What the `client.authentication.k8s.io/exec` extension of a cluster must say to be meant for kubepass. */
const clusterConfigVersion = "kubepass.dev/v1";

const place = "the cluster's extension in the kubeconfig";

function isForKubepass(config: JsonObject): boolean {
  const version = config["apiVersion"];
  return typeof version === "string" && version.startsWith("kubepass.dev/");
}

function findSection(config: JsonObject, provider: ProviderEntry): JsonObject {
  const section = config[provider.name] ?? {};
  if (!isJsonObject(section)) throw new CredentialError("CONFIG_INVALID", `${place} has a ${provider.name} that is not an object`);
  return section;
}

function checkKey(key: string, provider: ProviderEntry): string | undefined {
  const spec = provider.options.find((candidate) => candidate.name === key);
  if (spec === undefined) {
    const allowed = provider.options.filter((candidate) => isAllowedFromCluster(candidate)).map((candidate) => candidate.name);
    throw new CredentialError("CONFIG_INVALID", `${place} has an unknown option ${JSON.stringify(key)}${describeNearest(key, allowed)}`);
  }
  return isAllowedFromCluster(spec) ? undefined : key;
}

/** True for an option that a kubeconfig, which anybody may have written, can set for its cluster. */
export function isAllowedFromCluster(spec: OptionSpec): boolean {
  return spec.isAllowedFromCluster === true && spec.isSecret !== true;
}

/**
 * The options of one provider that the kubeconfig gives for its cluster. An extension for somebody else gives none.
 * Throws `CONFIG_INVALID`, and `POLICY_REFUSED` for an option that only the person may set: where tokens are sent,
 * how connections are checked, and what programs are started are not for a file that came by mail to decide.
 */
export function parseClusterExtension(config: JsonValue | undefined, provider: ProviderEntry): JsonObject {
  if (!isJsonObject(config) || !isForKubepass(config)) return {};
  if (config["apiVersion"] !== clusterConfigVersion || config["kind"] !== "ClusterConfig") {
    throw new CredentialError("CONFIG_INVALID", `${place} must have apiVersion ${clusterConfigVersion} and kind ClusterConfig`);
  }
  const section = findSection(config, provider);
  const refused = Object.keys(section).flatMap((key) => checkKey(key, provider) ?? []);
  if (refused.length > 0) {
    throw new CredentialError("POLICY_REFUSED", `${place} must not set ${refused.join(", ")}`, {
      hint: `if you trust it, set ${refused.map((key) => `--${key}`).join(", ")} in the exec arguments, or in your config file`,
    });
  }
  return section;
}

/**
 * Refuses to send what proves the person to an issuer that only the cluster's extension names: whoever wrote the kubeconfig
 * would collect it. Throws `POLICY_REFUSED` naming the options and where they were set. Pure.
 */
export function judgeClusterChoice(options: ResolvedOptions, specs: readonly OptionSpec[]): void {
  const isChosenByCluster = specs.some((spec) => spec.isDestination === true && options.places.get(spec.name)?.kind === "cluster");
  if (!isChosenByCluster) return;
  const proofs = specs.flatMap((spec) => {
    const given = spec.isProof === true ? options.places.get(spec.name) : undefined;
    return given === undefined || given.kind === "flag" ? [] : `${spec.name} (from ${given.text})`;
  });
  if (proofs.length === 0) return;
  throw new CredentialError("POLICY_REFUSED", `${place} chose the issuer, and these would be sent to it: ${proofs.join(", ")}`, {
    hint: "if you trust that issuer, name it yourself: --issuer-url",
  });
}
