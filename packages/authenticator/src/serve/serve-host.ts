import type { NetworkHost } from "@kubepass/network";

/** What the server works with; the plugin SDK's `Host` is one. */
export interface ServeHost extends NetworkHost {
  readonly log: NetworkHost["log"] & { info(message: string, fields?: Readonly<Record<string, unknown>>): void };
  /** Aborted when the server is to stop. */
  readonly signal: AbortSignal;
}
