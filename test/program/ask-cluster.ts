// A program that gets ready, waits until its standard input ends, and then asks a cluster once. Argument: kubeconfig.
import { once } from "node:events";
import { Cluster, ClusterAccess, createClientHost, loadConfig } from "@kubepass/kubeconfig";

const [, , path = ""] = process.argv;
const config = loadConfig({ variables: {}, platform: process.platform }, { path });
const cluster = new Cluster(config, new ClusterAccess(createClientHost(process)));
process.stdout.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
const response = await cluster.fetch("/");
process.stdout.write(`${response.status} ${await response.text()}\n`);
