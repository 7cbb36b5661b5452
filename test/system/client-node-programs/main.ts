// Runs every program with our adapter, over one version of the library, and prints what each brought.
import { applyToClientNode, Cluster, ClusterAccess, createClientHost, loadConfig } from "@kubepass/kubeconfig";
import { objectPrograms } from "./objects.ts";
import type { ClientNode } from "./program.ts";
import { streamPrograms } from "./streams.ts";

const libraries: Readonly<Record<string, () => Promise<unknown>>> = {
  "1": async () => await import("client-node-v1"),
  "2": async () => await import("@kubernetes/client-node"),
};

// The classes of version 2 have private fields of their own; what is used here is the same.
function isClientNode(value: unknown): value is ClientNode {
  return typeof value === "object" && value !== null && "KubeConfig" in value;
}

async function main(): Promise<void> {
  const [, , version = "1", path = "", namespace = "", folder = "", port = ""] = process.argv;
  const library = await libraries[version]?.();
  if (!isClientNode(library)) throw new Error(`there is no version ${version}`);
  const host = createClientHost(process);
  const access = new ClusterAccess(host);
  const cluster = new Cluster(loadConfig(host.environment, { path }), access, { isAnonymousRefused: true });
  const kubeConfig = applyToClientNode(new library.KubeConfig(), cluster);
  const place = { kubeConfig, namespace, unique: `v${version}`, folder, port: Number(port) };
  for (const program of [...objectPrograms, ...streamPrograms]) {
    const outcome: unknown = await program.run(library, place).catch((error: unknown) => ({ failed: String(error) }));
    process.stdout.write(`${JSON.stringify({ name: program.name, outcome })}\n`);
  }
  access.close();
}

await main();
