// A program that asks a cluster once and then ends by itself. Arguments: server, authority file, token.
import { Cluster, ClusterAccess, createClientHost, loadConfig } from "@kubepass/kubeconfig";
import { Secret } from "@kubepass/wire";

const [, , server = "", certificateAuthority = "", token = ""] = process.argv;
const host = createClientHost(process);
const environment = { variables: { KUBECONFIG: "/dev/null" }, platform: process.platform };
const cluster = new Cluster(
  loadConfig(environment, {
    overrides: { server, certificateAuthority, token: new Secret(token), impersonate: "alice", impersonateGroups: ["one", "two"] },
  }),
  new ClusterAccess(host),
);
const response = await cluster.fetch("/");
process.stdout.write(await response.text());
