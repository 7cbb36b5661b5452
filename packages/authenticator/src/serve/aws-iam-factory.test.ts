import { createTestNetworkHost } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { noMetrics } from "../aws-iam/test-support/no-metrics.ts";
import { createToken, rewriteToken, testNow } from "../aws-iam/test-support/tokens.ts";
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

test.each([
  ["no region of the environment", {}, [], "TOKEN_REGION"],
  ["another region of the environment", { AWS_REGION: "eu-west-1" }, [], "TOKEN_REGION"],
  ["the region of the environment", { AWS_REGION: "aa-madea-1" }, [], "STS_UNREACHABLE"],
  ["the region of the environment outside the list", { AWS_REGION: "aa-madea-1" }, ["us-west-2"], "TOKEN_REGION"],
  ["a region of the list", {}, ["aa-madea-1"], "STS_UNREACHABLE"],
])("a region that AWS is not known to have is asked as %s: %s", async (_, variables, regions, code) => {
  // Nothing listens there: whoever gets as far as to ask fails.
  const network = createTestNetworkHost({ ...variables, HTTPS_PROXY: "http://127.0.0.1:1" }, testNow);
  const host: ServeHost = { ...network, signal: new AbortController().signal };
  const context = { host, awsIamMetrics: noMetrics, readFile: async () => await Promise.resolve("clusterID: prod\n") };
  const verifier = await awsIamFactory.create({ configFile: "config.yaml", regions }, context);
  const token = rewriteToken(createToken(), (url) => url.replaceAll("us-west-2", "aa-madea-1"));
  const verdict = await verifier.verify(new Secret(token), { audiences: [], now: testNow, signal: host.signal });
  expect(verdict).toMatchObject({ kind: code === "TOKEN_REGION" ? "refused" : "uncertain", code });
  await verifier.close?.();
});
