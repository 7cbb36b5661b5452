import { join, resolve } from "node:path";
import { findDirectories, identifyProcess, isProcessRunning, type LockHost } from "@kubepass/storage";
import { systemClock } from "../system-clock.ts";
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

function createLockHost(running: NodeJS.Process): LockHost {
  // Read from the system's files, so only when it is needed.
  let own: ReturnType<typeof identifyProcess> | undefined;
  const identify = (): ReturnType<typeof identifyProcess> => (own ??= identifyProcess(running));
  return {
    environment: {
      userId: running.geteuid?.(),
      get ownProcess() {
        return identify();
      },
      isRunning: (other) => isProcessRunning(running, identify(), other),
    },
    clock: systemClock,
  };
}

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
