import { emptyKubeconfig, type Kubeconfig } from "./kubeconfig.ts";

function mergeMaps<T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> {
  const [only] = maps;
  if (maps.length === 1 && only !== undefined) return only;
  const merged = new Map<string, T>();
  for (const map of maps) for (const [name, value] of map) if (!merged.has(name)) merged.set(name, value);
  return merged;
}

/**
 * Several kubeconfigs as one. The first that has a name wins with its whole stanza: fields of later ones are never mixed in.
 * The first `current-context` that is not empty wins; `colors` is on when any of them says so.
 */
export function mergeKubeconfigs(kubeconfigs: readonly Kubeconfig[]): Kubeconfig {
  if (kubeconfigs.length === 0) return emptyKubeconfig;
  return {
    clusters: mergeMaps(kubeconfigs.map((each) => each.clusters)),
    users: mergeMaps(kubeconfigs.map((each) => each.users)),
    contexts: mergeMaps(kubeconfigs.map((each) => each.contexts)),
    currentContext: kubeconfigs.find((each) => each.currentContext !== "")?.currentContext ?? "",
    preferences: {
      colors: kubeconfigs.some((each) => each.preferences.colors),
      extensions: mergeMaps(kubeconfigs.map((each) => each.preferences.extensions)),
    },
    extensions: mergeMaps(kubeconfigs.map((each) => each.extensions)),
  };
}
