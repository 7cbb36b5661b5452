import type { JsonObject } from "@kubepass/wire";

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
