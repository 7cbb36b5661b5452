import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestNetworkHost, type TestNetworkHost } from "@kubepass/network/test-support";
import { expect, onTestFinished, test } from "vitest";
import { noMetrics } from "../aws-iam/test-support/no-metrics.ts";
import { awsIamFactory } from "./aws-iam-factory.ts";
import { createAwsIamParser, prepareAwsIamServer } from "./aws-iam-setup.ts";
import type { ServeHost } from "./serve-host.ts";

// An entry that is left out is no reason to refuse the file, but whoever mends it wants to know.
const server = { partition: "aws-x", mapUsers: [{ userarn: "alice" }], mapUzers: [] };

function createHost(): ServeHost & Pick<TestNetworkHost, "lines"> {
  return { ...createTestNetworkHost(), signal: new AbortController().signal };
}

async function catchError(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("a file that cannot be used is refused in the same words before the start, as configuration, and by the verifier", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-iam-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "config.yaml");
  const text = JSON.stringify({ server: { ...server, stateDir: join(folder, "state") } });
  writeFileSync(path, text);
  const cache = { maxEntries: 1, successMs: 1, refusalMs: 1 };
  const context = { host: createHost(), awsIamMetrics: noMetrics, cache, readFile: async () => await Promise.resolve(text) };
  const ways = [
    async () => await prepareAwsIamServer(path, undefined, createHost()),
    () => createAwsIamParser(undefined)(text, path),
    async () => await awsIamFactory.create({ configFile: path }, context),
  ];
  for (const way of ways) {
    expect(await catchError(way)).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`${path} is refused: `),
      problems: [
        expect.stringMatching(/^clusterID: .* \(CLUSTER_ID_INVALID\)$/),
        expect.stringMatching(/^server.partition: .* \(PARTITION_UNKNOWN\)$/),
        expect.stringMatching(/^mapUsers\[0\].*: .* \([A-Z_]+\)$/),
      ],
      hint: `run: kubepass authn lint ${path}`,
    });
  }
  expect(readdirSync(folder)).toEqual(["config.yaml"]);
});

test("what is only strange is told once, when the verifier is made", async () => {
  const host = createHost();
  const readFile = async (): Promise<string> => await Promise.resolve("clusterID: prod\nserver: {mapUzers: []}\n");
  const context = { host, awsIamMetrics: noMetrics, cache: { maxEntries: 1, successMs: 1, refusalMs: 1 }, readFile };
  const verifier = await awsIamFactory.create({ configFile: "config.yaml" }, context);
  await verifier.close?.();
  expect(host.lines).toEqual([
    expect.objectContaining({ level: "warn", message: expect.stringMatching(/^config\.yaml: server\.mapuzers: .* \([A-Z_]+\)$/) }),
  ]);
});
