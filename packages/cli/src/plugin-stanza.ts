import { isDeepStrictEqual } from "node:util";
import type { ExecConfig } from "@kubepass/kubeconfig";
import type { JsonObject } from "@kubepass/wire";
import { findArguments } from "./kubeconfig-contexts.ts";

/** What an exec stanza that runs kubepass says differently from one kubeconfig to another. */
export interface PluginStanza {
  readonly command: string;
  /** All of them, `get-token` first. */
  readonly args: readonly string[];
  /** Whether clients hand over what the kubeconfig says of the cluster. */
  readonly providesClusterInfo: boolean;
  /** Default `IfAvailable`. */
  readonly interactiveMode?: string | undefined;
}

/** An exec stanza as it is written. */
export interface ExecStanza extends JsonObject {
  readonly command: string;
  readonly args: readonly string[];
}

/** The exec stanza of a user who signs in with kubepass. */
export function formatPluginStanza({ command, args, providesClusterInfo, interactiveMode }: PluginStanza): ExecStanza {
  return {
    apiVersion: "client.authentication.k8s.io/v1",
    command,
    args,
    installHint: "install kubepass, which signs in to this cluster",
    interactiveMode: interactiveMode ?? "IfAvailable",
    provideClusterInfo: providesClusterInfo,
  };
}

/** A stanza as it would be for a new user, and what of it was asked for. */
export interface WantedStanza {
  readonly exec: ExecStanza;
  readonly given: { readonly command: string | undefined; readonly interactiveMode: string | undefined };
}

/** What is written into a stanza that runs kubepass already: what it says stays where nothing else was asked for. */
export function whatToWrite({ exec, given }: WantedStanza, existing: ExecConfig): JsonObject {
  const own = findArguments(existing) ?? existing.args;
  // The command stays and so does what makes it kubepass: `kubectl pass`.
  const leading = given.command === undefined ? existing.args.slice(0, existing.args.length - own.length) : [];
  return {
    apiVersion: existing.apiVersion === "" ? exec["apiVersion"] : undefined,
    command: given.command,
    args: [...leading, ...exec.args],
    installHint: existing.installHint === "" ? exec["installHint"] : undefined,
    interactiveMode: given.interactiveMode ?? (existing.interactiveMode === "" ? exec["interactiveMode"] : undefined),
    provideClusterInfo: exec["provideClusterInfo"],
  };
}

/** Whether a stanza that runs kubepass would say something else than it does; what it does not say is no such thing. */
export function isChanging(wanted: WantedStanza, existing: ExecConfig): boolean {
  const { env: _, ...said } = existing;
  const now: JsonObject = said;
  return Object.entries(whatToWrite(wanted, existing)).some(
    ([member, value]) => value !== undefined && now[member] !== "" && !isDeepStrictEqual(now[member], value),
  );
}
