import type { ServeHost } from "@kubepass/authenticator/serve";
import type { Host } from "@kubepass/plugin-sdk";
import type { Runtime } from "./command.ts";

type Access = Pick<ServeHost, "connectCluster" | "findAwsCredentials">;

/** What `serve` reaches beside issuers: an API server that holds mappings, and AWS. Loaded when it is asked for. */
export function createServeAccess(host: Host, runtime: Runtime): Access {
  let find: Access["findAwsCredentials"];
  return {
    connectCluster: ({ kubeconfig, master }) => {
      const libraries = Promise.all([import("@kubepass/kubeconfig"), import("./client-host.ts")]);
      const fetch = libraries.then(([{ loadConfig, createClusterFetch, ClusterAccess }, { createInvocationHost }]) => {
        const path = kubeconfig === "" ? undefined : kubeconfig;
        const config = loadConfig(host.environment, { path, overrides: { server: master } });
        // A server asks nobody.
        const client = { ...createInvocationHost({ host, runtime }), isInputTerminal: () => false };
        return createClusterFetch(config, new ClusterAccess(client));
      });
      const headers = { "content-type": "application/merge-patch+json" };
      return {
        get: async (path, inner) => await (await fetch)(path, { signal: inner }),
        patch: async (path, change, inner) =>
          await (
            await fetch
          )(path, { method: "PATCH", headers, body: JSON.stringify(change), signal: inner }),
      };
    },
    findAwsCredentials: async () => {
      find ??= (await import("@kubepass/provider-eks")).createServerCredentials(host);
      return await find();
    },
  };
}
