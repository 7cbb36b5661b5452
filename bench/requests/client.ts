// One contestant: reads a kubeconfig, sends 200 requests one after the other and 1,000 at once, and prints what it took.
import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { CoreV1Api, KubeConfig } from "client-node-v1";
import { Cluster, ClusterAccess, createClientHost, loadConfig } from "@kubepass/kubeconfig";

type Send = () => Promise<unknown>;

const closers: (() => void)[] = [];

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

/** What Node itself takes: one session, no credentials, no `Response`, no second connection when the streams are used up. */
function openBare(path: string): Send {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(path);
  const cluster = kubeConfig.getCurrentCluster();
  const session = connect(cluster?.server ?? "", { ca: readFileSync(cluster?.caFile ?? "") });
  closers.push(() => session.close());
  return () =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ":path": "/api/v1/namespaces", authorization: "Bearer bench" });
      let text = "";
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => (text += chunk));
      stream.once("end", () => resolve(JSON.parse(text)));
      stream.once("error", reject);
    });
}

const contestants: Readonly<Record<string, (path: string) => Send>> = { ours: openOurs, "client-node": openClientNode, bare: openBare };

async function main(): Promise<void> {
  const [, , who = "", path = ""] = process.argv;
  const send = contestants[who]?.(path);
  if (send === undefined) throw new Error(`no contestant is called ${who}`);
  let started = performance.now();
  await send();
  const firstMs = performance.now() - started;
  for (let count = 1; count < 200; count += 1) await send();
  const sequentialMs = performance.now() - started;
  started = performance.now();
  await Promise.all(Array.from({ length: 1000 }, send));
  const concurrentMs = performance.now() - started;
  const figures = [firstMs, sequentialMs, concurrentMs, process.resourceUsage().maxRSS];
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  for (const close of closers) close();
}

await main();
