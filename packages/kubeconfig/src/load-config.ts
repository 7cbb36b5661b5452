import { isDeepStrictEqual } from "node:util";
import { isCredentialError } from "@kubepass/wire";
import type { KubeconfigEnvironment } from "./environment.ts";
import { isInCluster, readPodNamespace, resolveInClusterConfig, podAccountFolder } from "./in-cluster.ts";
import { emptyKubeconfig, type Kubeconfig } from "./kubeconfig.ts";
import { loadKubeconfig, type LoadOptions } from "./load-kubeconfig.ts";
import { resolveConfig, type ResolveOptions } from "./resolve-config.ts";
import type { ResolvedConfig } from "./resolved-config.ts";

/** Which kubeconfig, which context of it, and what wins over both. */
export interface LoadConfigOptions extends LoadOptions, ResolveOptions {
  /** Where a pod's service account lies; for tests. */
  readonly podAccountFolder?: string | undefined;
}

function findConfig(kubeconfig: Kubeconfig, options: LoadConfigOptions): ResolvedConfig | { readonly empty: unknown } {
  try {
    return resolveConfig(kubeconfig, options);
  } catch (error) {
    if (isCredentialError(error, "KUBECONFIG_EMPTY")) return { empty: error };
    throw error;
  }
}

function isDefault(config: ResolvedConfig, { defaultServer }: LoadConfigOptions): boolean {
  if (!defaultServer) return false;
  const { cluster, user, timeoutMs } = config;
  const plain = resolveConfig(emptyKubeconfig, { defaultServer });
  const bare = (name: string): string => (name === "" ? "" : "named");
  return isDeepStrictEqual(
    [{ ...cluster, name: bare("") }, { ...user, name: bare("") }, timeoutMs],
    [plain.cluster, plain.user, plain.timeoutMs],
  );
}

/** A pod's own namespace, where the kubeconfig leaves it to the default. */
function withPodNamespace(
  config: ResolvedConfig,
  kubeconfig: Kubeconfig,
  environment: KubeconfigEnvironment,
  folder: string,
): ResolvedConfig {
  const isExplicit = config.isNamespaceOverridden || (kubeconfig.contexts.get(config.context)?.namespace ?? "") !== "";
  if (isExplicit || !isInCluster(environment, folder)) return config;
  return { ...config, namespace: readPodNamespace(environment, folder) };
}

/**
 * The configuration that kubectl would use here: kubeconfig files, overrides, and inside a pod without a kubeconfig the pod's
 * service account. Throws what {@link loadKubeconfig} and {@link resolveConfig} throw.
 */
export function loadConfig(environment: KubeconfigEnvironment, options: LoadConfigOptions = {}): ResolvedConfig {
  const folder = options.podAccountFolder ?? podAccountFolder;
  const kubeconfig = loadKubeconfig(environment, options);
  const config = findConfig(kubeconfig, options);
  const isUsable = !("empty" in config) && !isDefault(config, options);
  if (!isUsable && isInCluster(environment, folder)) {
    const pod = resolveInClusterConfig(environment, { folder, overrides: options.overrides, warn: options.warn });
    // A context that leads to nothing may still say which namespace is meant.
    return "empty" in config ? pod : { ...pod, namespace: withPodNamespace(config, kubeconfig, environment, folder).namespace };
  }
  if ("empty" in config) throw config.empty;
  return withPodNamespace(config, kubeconfig, environment, folder);
}
