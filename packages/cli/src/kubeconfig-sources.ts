import type { Host } from "@kubepass/plugin-sdk";
import {
  type Kubeconfig,
  type KubeconfigEnvironment,
  type KubeconfigFile,
  listKubeconfigPaths,
  loadKubeconfigFiles,
  mergeKubeconfigs,
} from "@kubepass/kubeconfig";
import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { Invocation } from "./command.ts";
import { findGivenText } from "./given-text.ts";

/** The kubeconfig that is meant, and the files it comes from. */
export interface KubeconfigSources {
  readonly sources: readonly KubeconfigFile[];
  readonly merged: Kubeconfig;
  /** Files that are named and do not exist: kubectl goes on without them. */
  readonly missing: readonly string[];
}

/** What decides where kubeconfigs lie. */
export function kubeconfigEnvironment(host: Pick<Host, "directories" | "environment">): KubeconfigEnvironment {
  const { variables, platform } = host.environment;
  return { variables: variables["HOME"] === undefined ? { ...variables, HOME: host.directories.home } : variables, platform };
}

/** Whether a switch of the command itself was given, and not turned off. */
export function isOwnOn({ options }: Pick<Invocation, "options">, name: string): boolean {
  return options.values[name] === true;
}

/**
 * The files of a kubeconfig: the one that was named, else those of kubectl. Every broken one is reported. Throws `FILE_UNREADABLE` and
 * `KUBECONFIG_INVALID`.
 */
export function loadSources(invocation: Pick<Invocation, "host" | "parsed">): KubeconfigSources {
  const environment = kubeconfigEnvironment(invocation.host);
  const given = findGivenText(invocation, "kubeconfig");
  const { loaded, missing } = loadKubeconfigFiles(given === undefined ? listKubeconfigPaths(environment) : [given], environment);
  if (given !== undefined && loaded.length === 0) {
    throw new CredentialError("FILE_UNREADABLE", `${given} does not exist`, { hint: "check the path of the kubeconfig" });
  }
  return { sources: loaded, merged: mergeKubeconfigs(loaded.map(({ kubeconfig }) => kubeconfig)), missing };
}

/** Warns of files that are missing; throws `FILE_UNREADABLE` when all are: an answer about nothing must not look like a good one. */
export function requireSources({ sources, missing }: KubeconfigSources, host: Pick<Host, "terminal">): void {
  const names = missing.map((path) => formatPrintable(path)).join(", ");
  const verb = missing.length === 1 ? "does" : "do";
  if (sources.length === 0)
    throw new CredentialError("FILE_UNREADABLE", `there is no kubeconfig: ${names} ${verb} not exist`, {
      hint: "name one with --kubeconfig or KUBECONFIG",
    });
  if (missing.length > 0) host.terminal.write(`kubepass: warning: ${names} ${verb} not exist: not looked at\n`);
}

/** Where a kubeconfig is copied before it is edited; `undefined` with `--no-backup`. */
export function nameBackup(invocation: Pick<Invocation, "host" | "options">, path: string): string | undefined {
  const stamp = invocation.host.clock
    .now()
    .toISOString()
    .replace(/[-:]|\.\d+/g, "");
  return isOwnOn(invocation, "no-backup") ? undefined : `${path}.${stamp}.bak`;
}
