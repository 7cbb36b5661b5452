import { findUrlOf, formatAddress, formatPrintable, type GoUrl, parseAddress, parseGoUrl } from "@kubepass/wire";
import type { KubeconfigEnvironment } from "../environment.ts";
import { hideUserInfo } from "../hide-user-info.ts";
import { findInClusterServer, podAccountFolder } from "../in-cluster.ts";
import type { Kubeconfig, User } from "../kubeconfig.ts";
import { type Finding, normalizePath, risk } from "./finding.ts";

// By which a pod finds the API server of its own cluster.
const ownNames: ReadonlySet<string> = new Set(
  ["", ".default", ".default.svc", ".default.svc.cluster.local"].map((end) => `kubernetes${end}`),
);

const schemePorts: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** A server as client-go takes it apart: a URL, else what would be one behind a scheme. */
function findServerUrl(server: string): GoUrl | undefined {
  const url = findUrlOf(parseGoUrl(server));
  return url !== undefined && url.scheme !== "" && url.host !== "" ? url : findUrlOf(parseGoUrl(`https://${server}`));
}

/** Host, and port where it is not the scheme's own, in one form for each place. */
function findHost(server: string | undefined): string | undefined {
  const url = server === undefined ? undefined : findServerUrl(server);
  const [, name, port] = /^(.+?)(?::(\d*))?$/.exec(url?.host ?? "") ?? [];
  if (url === undefined || name === undefined) return undefined;
  const address = parseAddress(name.replace(/^\[|\]$/g, ""));
  const host = address === undefined ? name.toLowerCase() : formatAddress(address);
  return !port || port === schemePorts[url.scheme] ? host : `[${host}]:${port}`;
}

function isPodToken({ tokenFile }: User): boolean {
  const path = normalizePath(tokenFile);
  return [podAccountFolder, podAccountFolder.replace(/^\/var/, "")].some((folder) => path.startsWith(`${folder}/`));
}

/** The servers to which contexts send what a user entry has. */
function listServers(kubeconfig: Kubeconfig, user: string): readonly string[] {
  const names = [...kubeconfig.contexts.values()].filter((context) => context.user === user).map(({ cluster }) => cluster);
  const servers = [...new Set(names)].map((name) => kubeconfig.clusters.get(name)?.server ?? "");
  return [...new Set(servers)].filter((server) => server !== "");
}

/**
 * The users by which a pod would send the token of its service account to another cluster than its own. `variables` are the pod's; without
 * them its cluster is known by name alone.
 */
export function auditPodTokens(kubeconfig: Kubeconfig, variables: KubeconfigEnvironment["variables"]): readonly Finding[] {
  const own = findHost(findInClusterServer(variables));
  return [...kubeconfig.users].flatMap(([name, user]) => {
    if (!isPodToken(user)) return [];
    const foreign = listServers(kubeconfig, name).filter((server) => {
      const host = findHost(server);
      return host === undefined || !(host === own || ownNames.has(host));
    });
    if (foreign.length === 0) return [];
    const shown = foreign.map((server) => formatPrintable(hideUserInfo(server), 120)).join(", ");
    const text = `the token of a pod's service account would be sent to ${shown}, and whoever gets it is that pod in the pod's own cluster`;
    return [risk("SENDS_POD_TOKEN", `users/${name}`, user.origin, text, "give the user credentials of that cluster")];
  });
}
