import { join } from "node:path";
import { isWholeJson, readDurableFile, removePrivateFile, writeDurableFile } from "@kubepass/storage";
import type { Host } from "../host.ts";
import type { SessionStore } from "./session-store.ts";
import { formatSession, parseSession } from "./session-text.ts";

/** Sessions in plain files that only the user can read: where there is no keyring, or by choice. */
export function createFileSessionStore(host: Pick<Host, "directories" | "environment">): SessionStore {
  const { userId } = host.environment;
  const pathOf = (key: string): string => join(host.directories.state, "sessions", `${key}.json`);
  return {
    name: "file",
    async read(key) {
      const path = pathOf(key);
      const text = readDurableFile(path, userId, isWholeJson);
      return text === undefined ? undefined : parseSession(text, path);
    },
    async write(key, session) {
      writeDurableFile(pathOf(key), formatSession(session), userId);
    },
    async remove(key) {
      removePrivateFile(pathOf(key));
    },
  };
}
