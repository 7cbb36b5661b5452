import { join, resolve } from "node:path";
import { createLockHost, findDirectories } from "@kubepass/storage";
import type { CredentialCache } from "./credential-cache.ts";
import { CredentialFiles } from "./credential-files.ts";

/** Where credentials of plugins are kept, and with whom they are shared. Nothing needs to be given. */
export interface FileCredentialCacheOptions {
  /** A folder of the store alone; made when something is first kept. By default the place that {@link createFileCredentialCache} says. */
  readonly directory?: string | undefined;
  /** Programs of one name share what their plugins answered. Default `kubepass`. */
  readonly name?: string | undefined;
  /** How long another process that runs the same plugin is waited for; then it is run here as well, with a warning. Default 200 s. */
  readonly lockTimeoutMs?: number | undefined;
}

// Longer than a person may take to sign in.
const defaultLockTimeoutMs = 200_000;

/**
 * Keeps what exec plugins answer in private files, so that over all processes of a user one run of a plugin serves until its
 * credential ends; `running` is the program's `process`. Give it to `ClusterAccess` as `plugins.cache`.
 *
 * The files lie in `exec-plugins` of the runtime folder: `$XDG_RUNTIME_DIR/<name>`, without one `~/.cache/<name>/runtime`, on Windows
 * `%LOCALAPPDATA%\<name>\runtime`; `<NAME>_RUNTIME_DIR` moves it. Folders and files are the user's alone, and what is open to others
 * or a link is refused. Only credentials with an end are kept; ended ones are removed. A store that cannot be used is a
 * warning of the host's log.
 */
export function createFileCredentialCache(running: NodeJS.Process, options: FileCredentialCacheOptions = {}): CredentialCache {
  const { name = "kubepass", lockTimeoutMs = defaultLockTimeoutMs } = options;
  const host = createLockHost(running);
  const directory =
    options.directory === undefined
      ? join(findDirectories(running, name, host.environment.userId).runtime, "exec-plugins")
      : resolve(options.directory);
  return new CredentialFiles(host, { directory, lockTimeoutMs });
}
