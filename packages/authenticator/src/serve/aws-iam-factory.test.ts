import { createTestNetworkHost } from "@kubepass/network/test-support";
import { expect, test } from "vitest";
import { noMetrics } from "../aws-iam/test-support/no-metrics.ts";
import { awsIamFactory } from "./aws-iam-factory.ts";
import type { ServeHost } from "./serve-host.ts";

const configText = "clusterID: prod\nserver:\n  backendMode: [EKSConfigMap]\n";

test("a server that is to stop while mappings are read for the first time waits no longer", async () => {
  const stopping = new AbortController();
  let pauses = 0;
  const network = createTestNetworkHost();
  const host: ServeHost = {
    ...network,
    signal: stopping.signal,
    clock: {
      now: network.clock.now,
      sleep: async (_, signal) => {
        pauses += 1;
        if (pauses === 3) stopping.abort();
        await new Promise<void>((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      },
    },
    // An API server that does not answer.
    connectCluster: () => async (_, signal) =>
      await new Promise<Response>((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted")))),
  };
  const context = { host, awsIamMetrics: noMetrics, readFile: async () => await Promise.resolve(configText) };
  const verifier = await awsIamFactory.create({ configFile: "config.yaml" }, context);
  expect(pauses).toBe(3);
  await verifier.close?.();
});
