import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";

/** Tells when something may have changed. */
export interface Watch {
  /** The files that matter from now on, by absolute name. */
  follow(paths: Iterable<string>): void;
  close(): void;
}

const settleMs = 50;
// Notifications do not come for every kind of mount, nor through links; looking is certain.
const pollMs = 2000;

/**
 * Calls `onHint` soon after a change in one of the folders of the files, and now and then in any case. Folders are watched, not
 * files: whoever writes a file well writes another one and renames it, and a mounted ConfigMap swaps a link to a folder.
 */
export function startWatch(onHint: () => void): Watch {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const hint = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onHint();
    }, settleMs);
  };
  const poll = setInterval(onHint, pollMs);
  const add = (folder: string): void => {
    try {
      const watcher = watch(folder, { persistent: false }, hint);
      // A folder that goes away is found by looking.
      watcher.on("error", () => {
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, watcher);
    } catch {
      // Not there, or too many watches: looking does it alone.
    }
  };
  return {
    follow(paths) {
      const folders = new Set([...paths].map((path) => dirname(path)));
      for (const [folder, watcher] of watchers) {
        if (folders.has(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      for (const folder of folders) if (!watchers.has(folder)) add(folder);
    },
    close() {
      clearInterval(poll);
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
