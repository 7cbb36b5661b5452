import { CredentialError } from "@kubepass/wire";
import type { Cluster } from "./cluster.ts";
import type { RequestAgent } from "./request-agent.ts";
import { UndiciDispatcher } from "./undici-dispatcher.ts";

/** The part of `KubeConfig` of @kubernetes/client-node that is filled in; version 1 and version 2 have it. */
export interface ClientNodeKubeConfig {
  loadFromOptions(options: object): void;
}

/** The request of a generated API client; version 1 takes an agent, version 2 a dispatcher. */
interface RequestContext {
  setDispatcher?(dispatcher: UndiciDispatcher): void;
  setAgent?(agent: RequestAgent): void;
}

interface HttpsOptions {
  agent?: unknown;
}

interface FetchOptions {
  readonly headers?: RequestInit["headers"];
  readonly method?: string | undefined;
  readonly timeout?: number | undefined;
}

function formatOptions({ url, config }: Cluster): object {
  const name = config.context || "kubepass";
  return {
    clusters: [{ name, server: url.href.replace(/\/$/, ""), skipTLSVerify: false }],
    users: [{ name }],
    contexts: [{ name, cluster: name, user: name, namespace: config.namespace }],
    currentContext: name,
  };
}

/**
 * Makes a `KubeConfig` of @kubernetes/client-node (version 1 or 2) speak to a cluster with our connections and credentials: API
 * clients, watches, informers, logs, exec, attach and port-forward. It gets one context that holds no credential at all.
 * Give it before API clients are made from it; what it had loaded before is forgotten. Throws `CONFIG_INVALID` under Bun, which puts its
 * own fetch in the place of the libraries that client-node asks: requests would leave without our credentials.
 */
export function applyToClientNode<T extends ClientNodeKubeConfig>(kubeConfig: T, cluster: Cluster): T {
  if (Reflect.has(globalThis, "Bun")) {
    throw new CredentialError("CONFIG_INVALID", "@kubernetes/client-node does not use the connections that it is given under Bun", {
      hint: "use createClusterFetch, or run the program on Node",
    });
  }
  kubeConfig.loadFromOptions(formatOptions(cluster));
  const dispatcher = new UndiciDispatcher(cluster);
  const applyToHTTPSOptions = async (options: HttpsOptions): Promise<void> => {
    options.agent = await cluster.createAgent();
  };
  return Object.assign(kubeConfig, {
    applySecurityAuthentication: async (context: RequestContext): Promise<void> => {
      if (context.setDispatcher === undefined) context.setAgent?.(await cluster.createAgent());
      else context.setDispatcher(dispatcher);
    },
    applyToHTTPSOptions,
    applyToFetchOptions: async (options: FetchOptions): Promise<object> => {
      const { method, timeout } = options;
      return { agent: await cluster.createAgent(), headers: new Headers(options.headers ?? {}), method, timeout };
    },
  });
}
