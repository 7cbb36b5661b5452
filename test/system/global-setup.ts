import { rmSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { type Cluster, startCluster } from "./test-support/cluster.ts";
import { artefacts, screenshots } from "./test-support/places.ts";

declare module "vitest" {
  export interface ProvidedContext {
    readonly cluster: Cluster;
  }
}

/** One cluster and its issuers for all test files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  rmSync(artefacts, { recursive: true, force: true });
  rmSync(screenshots, { recursive: true, force: true });
  const running = await startCluster();
  project.provide("cluster", running.cluster);
  return async () => await running.stop();
}
