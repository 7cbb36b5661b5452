// A program that asks the cluster of its kubeconfig once, with its plugin's answer kept for others. Argument: the store's folder.
import { Cluster, ClusterAccess, createClientHost, createFileCredentialCache, loadConfig } from "@kubepass/kubeconfig";

const [, , directory = ""] = process.argv;
const host = createClientHost(process);
const cache = createFileCredentialCache(process, { directory });
const cluster = new Cluster(loadConfig(host.environment), new ClusterAccess(host, { plugins: { cache } }), {
  isRetriedAfterRefusal: true,
});
const response = await cluster.fetch("/");
process.stdout.write(await response.text());
