import { expect, test } from "vitest";
import { Secret } from "@kubepass/wire";
import { createConfig, createTestClientHost } from "../test-support/client-scene.ts";
import { applyToClientNode } from "./client-node.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

const isBun = Reflect.has(globalThis, "Bun");

function createScene(): { readonly loaded: readonly object[]; readonly apply: () => unknown } {
  const config = createConfig({ server: "https://127.0.0.1:1/base/" }, { token: new Secret("t") });
  const cluster = new Cluster(config, new ClusterAccess(createTestClientHost()));
  const loaded: object[] = [];
  const kubeConfig = { loadFromOptions: (options: object) => void loaded.push(options) };
  return { loaded, apply: () => applyToClientNode(kubeConfig, cluster) };
}

test.skipIf(isBun)("a KubeConfig gets one context without a credential", () => {
  const { loaded, apply } = createScene();
  apply();
  const clusters = [{ server: "https://127.0.0.1:1/base" }];
  expect(loaded).toMatchObject([{ clusters, users: [{ name: "test" }], currentContext: "test" }]);
  expect(JSON.stringify(loaded)).not.toContain("token");
});

test.skipIf(!isBun)("a KubeConfig stays as it is where the runtime would not use our connections", () => {
  const { loaded, apply } = createScene();
  expect(apply).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(loaded).toEqual([]);
});
