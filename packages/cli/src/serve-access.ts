import type { ServeHost } from "@kubepass/authenticator/serve";
import type { Host } from "@kubepass/plugin-sdk";
import type { Runtime } from "./command.ts";

type Access = Pick<ServeHost, "connectCluster" | "findAwsCredentials">;

/** What `serve` reaches beside issuers: an API server that holds mappings, and AWS. Loaded when it is asked for. */
export function createServeAccess(host: Host, log: ServeHost["log"], runtime: Runtime): Access {
  const { environment, clock, terminal } = host;
  const client = {
    environment,
    clock,
    log,
    isInputTerminal: () => false,
    writeError: (text: string) => terminal.write(text),
    canSpeakHttp2: runtime.name !== "bun",
  };
  let find: Access["findAwsCredentials"];
  return {
    connectCluster: ({ kubeconfig, master }) => {
      const fetch = import("@kubepass/kubeconfig").then(({ loadConfig, createClusterFetch, createGroupSignal, ClusterAccess }) => {
        const config = loadConfig(environment, { path: kubeconfig === "" ? undefined : kubeconfig, overrides: { server: master } });
        const signalGroup = createGroupSignal((id, signal) => runtime.kill(id, signal));
        return createClusterFetch(config, new ClusterAccess({ ...client, signalGroup }));
      });
      return async (path, inner) => await (await fetch)(path, { signal: inner });
    },
    findAwsCredentials: async () => {
      find ??= (await import("@kubepass/provider-eks")).createServerCredentials(host);
      return await find();
    },
  };
}
