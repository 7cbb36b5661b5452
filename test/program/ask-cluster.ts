// A program that asks a cluster once. Arguments: kubeconfig; `wait`, when it is to get ready first and wait for its standard input's end.
import { once } from "node:events";
import { Cluster, ClusterAccess, createClientHost, loadConfig } from "@kubepass/kubeconfig";

const [, , path = "", mode = ""] = process.argv;
const config = loadConfig({ variables: {}, platform: process.platform }, { path });
const cluster = new Cluster(config, new ClusterAccess(createClientHost(process)));
if (mode === "wait") {
  process.stdout.write("ready\n");
  process.stdin.resume();
  await once(process.stdin, "end");
}
const response = await cluster.fetch("/");
process.stdout.write(`${response.status} ${await response.text()}\n`);
