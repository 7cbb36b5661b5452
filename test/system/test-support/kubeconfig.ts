import type { Cluster } from "./cluster.ts";

/** An exec entry of a kubeconfig. */
export interface ExecEntry {
  readonly command: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly version?: "v1" | "v1beta1";
  readonly interactiveMode?: "Never" | "IfAvailable" | "Always";
  readonly provideClusterInfo?: boolean;
}

/** A kubeconfig whose one user gets credentials from a program. JSON, which kubectl reads as YAML. */
export function formatKubeconfig(cluster: Pick<Cluster, "server" | "authorityFile">, entry: ExecEntry): string {
  const { command, args = [], environment = {}, version = "v1", interactiveMode = "IfAvailable", provideClusterInfo = false } = entry;
  const exec = {
    apiVersion: `client.authentication.k8s.io/${version}`,
    command,
    args,
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    interactiveMode,
    provideClusterInfo,
  };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "real", cluster: { server: cluster.server, "certificate-authority": cluster.authorityFile } }],
    users: [{ name: "person", user: { exec } }],
    contexts: [{ name: "real", context: { cluster: "real", user: "person" } }],
    "current-context": "real",
  });
}
