import { CredentialError } from "@kubepass/wire";
import type { Kubeconfig } from "./kubeconfig.ts";

function only<T>(map: ReadonlyMap<string, T>, name: string, what: string): ReadonlyMap<string, T> {
  if (name === "") return new Map();
  const found = map.get(name);
  if (found === undefined) throw new CredentialError("KUBECONFIG_UNUSABLE", `cannot locate ${what} ${name}`);
  return new Map([[name, found]]);
}

/**
 * Only the current context with the cluster and user that it names. Throws `KUBECONFIG_UNUSABLE` when there is no current context,
 * or when something that it names is missing.
 */
export function minifyKubeconfig(kubeconfig: Kubeconfig): Kubeconfig {
  const { currentContext } = kubeconfig;
  if (currentContext === "") {
    throw new CredentialError("KUBECONFIG_UNUSABLE", "current-context must exist in order to minify", { hint: "name a context" });
  }
  const contexts = only(kubeconfig.contexts, currentContext, "context");
  const context = contexts.get(currentContext);
  return {
    ...kubeconfig,
    contexts,
    clusters: only(kubeconfig.clusters, context?.cluster ?? "", "cluster"),
    users: only(kubeconfig.users, context?.user ?? "", "user"),
  };
}
