// One contestant: reads a kubeconfig, sends 200 requests one after the other and 1,000 at once, and prints what it took.
import { CoreV1Api, KubeConfig } from "client-node-v1";
import { Cluster, ClusterAccess, createClientHost, loadConfig } from "@kubepass/kubeconfig";

type Send = () => Promise<unknown>;

function openOurs(path: string): Send {
  const host = createClientHost(process);
  const cluster = new Cluster(loadConfig(host.environment, { path }), new ClusterAccess(host));
  return async () => await (await cluster.fetch("/api/v1/namespaces")).json();
}

function openClientNode(path: string): Send {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(path);
  const api = kubeConfig.makeApiClient(CoreV1Api);
  return async () => await api.listNamespace();
}

async function main(): Promise<void> {
  const [, , who, path = ""] = process.argv;
  const send = who === "ours" ? openOurs(path) : openClientNode(path);
  let started = performance.now();
  for (let count = 0; count < 200; count += 1) await send();
  const sequentialMs = performance.now() - started;
  started = performance.now();
  await Promise.all(Array.from({ length: 1000 }, send));
  const concurrentMs = performance.now() - started;
  process.stdout.write(`${JSON.stringify([sequentialMs, concurrentMs, process.resourceUsage().maxRSS])}\n`);
}

await main();
