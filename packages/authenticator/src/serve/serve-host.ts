import type { NetworkHost } from "@kubepass/network";
import type { ClusterGet, ClusterPatch, GetAwsCredentials } from "../aws-iam/index.ts";

/** Which API server holds mappings: by a kubeconfig file, by an address, or, when both are empty, that of this pod. */
export interface MappingCluster {
  readonly kubeconfig: string;
  readonly master: string;
}

/** A connection to that API server, or the way to one. */
export interface ClusterConnection {
  readonly get: ClusterGet;
  readonly patch: ClusterPatch;
}

/** What the server works with; the plugin SDK's `Host` is one. */
export interface ServeHost extends NetworkHost {
  readonly log: NetworkHost["log"] & { info(message: string, fields?: Readonly<Record<string, unknown>>): void };
  /** Aborted when the server is to stop. */
  readonly signal: AbortSignal;
  /** Reaches the API server whose objects are mappings. Throws `CONFIG_INVALID` and what reading a kubeconfig throws. */
  readonly connectCluster?: ((cluster: MappingCluster) => ClusterConnection) | undefined;
  /** Credentials with which EC2 is asked. */
  readonly findAwsCredentials?: GetAwsCredentials | undefined;
}
