import type { Host } from "@kubepass/plugin-sdk";
import {
  findKubeconfigFile,
  type Kubeconfig,
  type KubeconfigEnvironment,
  listKubeconfigPaths,
  type LoadOptions,
  mergeKubeconfigs,
} from "@kubepass/kubeconfig";
import { CredentialError } from "@kubepass/wire";
import type { Invocation } from "./command.ts";
import { findGivenText } from "./given-text.ts";

/** One file and what it says. */
export interface KubeconfigSource {
  readonly path: string;
  readonly kubeconfig: Kubeconfig;
}

/** The kubeconfig that is meant, and the files it comes from. */
export interface KubeconfigSources {
  readonly sources: readonly KubeconfigSource[];
  readonly merged: Kubeconfig;
  /** Files that are named and do not exist: kubectl goes on without them. */
  readonly missing: readonly string[];
}

/** What decides where kubeconfigs lie. */
export function kubeconfigEnvironment(host: Pick<Host, "directories" | "environment">): KubeconfigEnvironment {
  const { variables, platform } = host.environment;
  return { variables: variables["HOME"] === undefined ? { ...variables, HOME: host.directories.home } : variables, platform };
}

/** Whether a switch of the command itself was given. */
export function isOwnOn(invocation: Pick<Invocation, "parsed">, name: string): boolean {
  const text = findGivenText(invocation, name);
  return text !== undefined && text !== "false";
}

/** The files of a kubeconfig: the one that was named, else those of kubectl. Throws `FILE_UNREADABLE` and `KUBECONFIG_INVALID`. */
export function loadSources(invocation: Pick<Invocation, "host" | "parsed">, options: LoadOptions = {}): KubeconfigSources {
  const environment = kubeconfigEnvironment(invocation.host);
  const given = findGivenText(invocation, "kubeconfig");
  const paths = given === undefined ? listKubeconfigPaths(environment) : [given];
  const sources = paths.flatMap((path) => {
    const kubeconfig = findKubeconfigFile(path, environment, options);
    return kubeconfig === undefined ? [] : [{ path, kubeconfig }];
  });
  if (given !== undefined && sources.length === 0) {
    throw new CredentialError("FILE_UNREADABLE", `${given} does not exist`, { hint: "check the path of the kubeconfig" });
  }
  const missing = paths.filter((path) => !sources.some((source) => source.path === path));
  return { sources, merged: mergeKubeconfigs(sources.map(({ kubeconfig }) => kubeconfig)), missing };
}
