import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestNetworkHost } from "@kubepass/network/test-support";
import { createEksToken, startReachableAws } from "@kubepass/testkit";
import { Secret } from "@kubepass/wire";
import { expect, onTestFinished, test } from "vitest";
import type { ClusterGet } from "../aws-iam/index.ts";
import { noMetrics } from "../aws-iam/test-support/no-metrics.ts";
import { createToken, rewriteToken, testNow } from "../aws-iam/test-support/tokens.ts";
import { awsIamFactory } from "./aws-iam-factory.ts";
import type { ServeHost } from "./serve-host.ts";

const cache = { maxEntries: 100, successMs: 10_000, refusalMs: 5000 };
const configText = "clusterID: prod\nserver:\n  backendMode: [EKSConfigMap]\n";

test("a server that is to stop while mappings are read for the first time waits no longer", async () => {
  const stopping = new AbortController();
  let pauses = 0;
  const network = createTestNetworkHost();
  const host: ServeHost = {
    ...network,
    signal: stopping.signal,
    clock: {
      now: () => network.clock.now(),
      sleep: async (_, signal) => {
        pauses += 1;
        if (pauses === 3) stopping.abort();
        await new Promise<void>((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      },
    },
    // An API server that does not answer.
    connectCluster: () => {
      const get: ClusterGet = async (_, signal) =>
        await new Promise<Response>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
      return { get, patch: async (path, _, signal) => await get(path, signal) };
    },
  };
  const context = { host, awsIamMetrics: noMetrics, cache, readFile: async () => await Promise.resolve(configText) };
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
  const context = { host, awsIamMetrics: noMetrics, cache, readFile: async () => await Promise.resolve("clusterID: prod\n") };
  const verifier = await awsIamFactory.create({ configFile: "config.yaml", regions }, context);
  const token = rewriteToken(createToken(), (url) => url.replaceAll("us-west-2", "aa-madea-1"));
  const verdict = await verifier.verify(new Secret(token), { audiences: [], now: testNow, signal: host.signal });
  expect(verdict).toMatchObject({ kind: code === "TOKEN_REGION" ? "refused" : "uncertain", code });
  await verifier.close?.();
});

test.each([
  ["once, and kept for longer than results", {}, 1],
  ["each time where no entries are kept", { maxEntries: 0 }, 2],
  ["each time where a yes is kept for no time", { successMs: 0 }, 2],
])("STS is asked %s", async (_, changed, calls) => {
  const { aws, proxy, authorityPem, close } = await startReachableAws();
  const file = join(createTestNetworkHost().folder, "authority.pem");
  writeFileSync(file, authorityPem);
  const network = createTestNetworkHost({ HTTPS_PROXY: proxy.url, SSL_CERT_FILE: file }, testNow);
  aws.clock = () => network.clock.now();
  const host: ServeHost = { ...network, signal: new AbortController().signal };
  const readFile = async (): Promise<string> => await Promise.resolve("clusterID: prod\n");
  const context = { host, awsIamMetrics: noMetrics, cache: { ...cache, ...changed }, readFile };
  const verifier = await awsIamFactory.create({ configFile: "config.yaml" }, context);
  onTestFinished(async () => {
    await verifier.close?.();
    await close();
  });
  const token = new Secret(createEksToken(aws.accounts.addUser("alice"), { clusterId: "prod", signedAt: testNow }));
  for (const seconds of [0, 30]) {
    network.advance(seconds * 1000);
    const verdict = await verifier.verify(token, { audiences: [], now: network.clock.now(), signal: host.signal });
    expect(verdict).toMatchObject({ code: "MAPPING_ABSENT" });
  }
  expect(aws.requests).toHaveLength(calls);
});
