import type { CoreV1Api, KubeConfig } from "client-node-v1";

/** The library; what is used of it here is the same in version 2. */
export type ClientNode = typeof import("client-node-v1");

/** What a program is given. */
export interface ProgramPlace {
  /** With our adapter. */
  readonly kubeConfig: KubeConfig;
  /** Has the pod `echo` on the node `loopback`. */
  readonly namespace: string;
  /** Something for names, so that runs do not meet. */
  readonly unique: string;
  /** A folder of this run. */
  readonly folder: string;
  /** Where something listens that greets. */
  readonly port: number;
}

/** A program in our words that uses what examples of kubernetes-client/javascript use; the examples are not in the npm package. */
export interface Program {
  readonly name: string;
  /** The files below its `examples`. */
  readonly standsFor: readonly string[];
  readonly expected: unknown;
  run(library: ClientNode, place: ProgramPlace): Promise<unknown>;
}

/** The client of the core API. */
export function connectCore(library: ClientNode, kubeConfig: KubeConfig): CoreV1Api {
  return kubeConfig.makeApiClient(library.CoreV1Api);
}
