import { isAbsolute } from "node:path";
import {
  type ExecConfig,
  execExtensionName,
  findKubeconfigFile,
  type Kubeconfig,
  listKubeconfigPaths,
  mergeKubeconfigs,
} from "@kubepass/kubeconfig";
import type { Host } from "@kubepass/plugin-sdk";
import { formatPrintable, isCredentialError, type JsonValue } from "@kubepass/wire";
import { kubeconfigEnvironment } from "./kubeconfig-sources.ts";

/** A context whose user runs kubepass, as the kubeconfig says it. Nothing of it has been run, and nothing may be. */
export interface KubepassContext {
  readonly name: string;
  readonly kubeconfig: string;
  readonly isCurrent: boolean;
  readonly cluster: string | undefined;
  readonly user: string;
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The cluster extension, when the user asks for it to be handed over. */
  readonly clusterConfig: JsonValue | undefined;
}

type Surroundings = Pick<Host, "directories" | "environment" | "log">;

const maxBytes = 16 * 1024 * 1024;

function tryLoad(path: string, host: Surroundings): Kubeconfig | undefined {
  try {
    return findKubeconfigFile(path, kubeconfigEnvironment(host), { maxBytes, isRegularOnly: true });
  } catch (error) {
    if (!isCredentialError(error)) throw error;
    host.log.warn("leaving out a kubeconfig that cannot be read", { path, code: error.code });
    return undefined;
  }
}

/** The arguments after the program, when a user entry runs kubepass, itself or as `kubectl pass`. */
export function findArguments({ command, args }: Pick<ExecConfig, "command" | "args">): readonly string[] | undefined {
  const program = command.replace(/^.*[/\\]/, "").replace(/\.exe$/i, "");
  const own = program === "kubectl" && args[0] === "pass" ? args.slice(1) : args;
  const isKubepass = program === "kubepass" || program === "kubectl-pass" || own !== args;
  return isKubepass && own.includes("get-token") ? own : undefined;
}

function findExtension(cluster: string, kubeconfig: Kubeconfig): JsonValue | undefined {
  return kubeconfig.clusters.get(cluster)?.extensions.get(execExtensionName);
}

function describeContext(name: string, kubeconfig: Kubeconfig): KubepassContext | undefined {
  const context = kubeconfig.contexts.get(name);
  const exec = context === undefined ? undefined : kubeconfig.users.get(context.user)?.exec;
  const argv = exec === undefined ? undefined : findArguments(exec);
  if (context === undefined || exec === undefined || argv === undefined) return undefined;
  return {
    name: formatPrintable(name, 120),
    kubeconfig: context.origin ?? "",
    isCurrent: name === kubeconfig.currentContext,
    cluster: context.cluster === "" ? undefined : context.cluster,
    user: context.user,
    argv,
    variables: Object.fromEntries(exec.env.map((variable) => [variable.name, variable.value.reveal()])),
    clusterConfig: exec.provideClusterInfo ? findExtension(context.cluster, kubeconfig) : undefined,
  };
}

/**
 * The contexts of the kubeconfig (`KUBECONFIG`, else `~/.kube/config`) whose users run kubepass. Files are read, never
 * obeyed (S45); one that cannot be read is left out with a warning.
 */
export function findKubepassContexts(host: Surroundings): readonly KubepassContext[] {
  const paths = listKubeconfigPaths(kubeconfigEnvironment(host)).filter((path) => isAbsolute(path));
  const loaded = paths.flatMap((path) => tryLoad(path, host) ?? []);
  const merged = mergeKubeconfigs(loaded);
  return [...merged.contexts.keys()].flatMap((name) => describeContext(name, merged) ?? []);
}
