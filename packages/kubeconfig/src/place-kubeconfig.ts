import { posix, win32 } from "node:path";
import type { Cluster, Kubeconfig, User } from "./kubeconfig.ts";

type PathModule = typeof posix;

function resolveCluster(cluster: Cluster, file: string, resolve: (path: string) => string): Cluster {
  return { ...cluster, certificateAuthority: resolve(cluster.certificateAuthority), origin: file };
}

function resolveUser(user: User, file: string, resolve: (path: string) => string, separator: string): User {
  const { exec } = user;
  return {
    ...user,
    clientCertificate: resolve(user.clientCertificate),
    clientKey: resolve(user.clientKey),
    tokenFile: resolve(user.tokenFile),
    exec: exec?.command.includes(separator) === true ? { ...exec, command: resolve(exec.command) } : exec,
    origin: file,
  };
}

function mapValues<T>(map: ReadonlyMap<string, T>, change: (value: T) => T): ReadonlyMap<string, T> {
  return new Map([...map].map(([name, value]) => [name, change(value)]));
}

/** How the paths of a file are made absolute: not at all where they are empty or absolute already. */
function createResolver(file: string, paths: PathModule): (path: string) => string {
  let folder: string | undefined;
  return (path) => {
    if (path === "" || paths.isAbsolute(path)) return path;
    folder ??= paths.resolve(paths.dirname(file));
    return paths.join(folder, path);
  };
}

/**
 * A kubeconfig that knows the file it comes from: each stanza names it, and relative paths are made absolute against its folder.
 * The command of an exec plugin is a path only when it holds a separator; nothing in an auth-provider is.
 */
export function placeKubeconfig(kubeconfig: Kubeconfig, file: string, platform: NodeJS.Platform, keepsPaths = false): Kubeconfig {
  const paths = platform === "win32" ? win32 : posix;
  const resolve = keepsPaths ? (path: string): string => path : createResolver(file, paths);
  return {
    ...kubeconfig,
    clusters: mapValues(kubeconfig.clusters, (cluster) => resolveCluster(cluster, file, resolve)),
    users: mapValues(kubeconfig.users, (user) => resolveUser(user, file, resolve, paths.sep)),
    contexts: mapValues(kubeconfig.contexts, (context) => ({ ...context, origin: file })),
  };
}
