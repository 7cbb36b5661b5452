import { expect, test } from "vitest";
import { Secret } from "@kubepass/wire";
import { createConfig, createTestClientHost } from "../test-support/client-scene.ts";
import { applyToClientNode } from "./client-node.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

test("a KubeConfig gets one context without a credential, and nothing where the runtime would not use our connections", () => {
  const config = createConfig({ server: "https://127.0.0.1:1/base/" }, { token: new Secret("t") });
  const cluster = new Cluster(config, new ClusterAccess(createTestClientHost()));
  const loaded: object[] = [];
  const apply = (): unknown => applyToClientNode({ loadFromOptions: (options: object) => void loaded.push(options) }, cluster);
  if (Reflect.has(globalThis, "Bun")) {
    expect(apply).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(loaded).toEqual([]);
  } else {
    apply();
    expect(loaded).toMatchObject([
      { clusters: [{ server: "https://127.0.0.1:1/base" }], users: [{ name: "test" }], currentContext: "test" },
    ]);
    expect(JSON.stringify(loaded)).not.toContain("token");
  }
});
