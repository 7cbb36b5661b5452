import { join } from "node:path";
import { checkPrivateDirectory, readPrivateFile, removePrivateFile, removeRemnants, writePrivateFile } from "@kubepass/storage";
import { isCredentialError } from "@kubepass/wire";
import type { Host } from "../host.ts";
import { formatEntry, parseEntry, type CacheEntry } from "./entry.ts";

/** The hosts' parts that the store of short-lived credentials needs: it must stay cheap. */
export type StoreHost = Pick<Host, "directories" | "environment" | "log">;

/** Where a key's credential lies. */
export function credentialPath(host: StoreHost, key: string): string {
  return join(host.directories.runtime, "credentials", `${key}.json`);
}

/**
 * The cached credential of a key, fresh or not; `undefined` when there is none. A damaged entry is dropped with a
 * warning. Throws `STORE_UNSAFE` when the file or its folder is not ours alone.
 */
export function findEntry(host: StoreHost, key: string, provider: string): CacheEntry | undefined {
  const { userId } = host.environment;
  if (!checkPrivateDirectory(host.directories.runtime, userId)) return undefined;
  const path = credentialPath(host, key);
  const text = readPrivateFile(path, userId);
  if (text === undefined) return undefined;
  try {
    return parseEntry(text, { key, provider });
  } catch (error) {
    if (!isCredentialError(error)) throw error;
    host.log.warn("dropping a damaged cache entry", { code: error.code, reason: error.message, key: key.slice(0, 8) });
    removePrivateFile(path);
    return undefined;
  }
}

/** Keeps a credential. Throws `STORE_UNSAFE` or `STORE_UNWRITABLE`. */
export function writeEntry(host: StoreHost, entry: CacheEntry): void {
  const { userId } = host.environment;
  writePrivateFile(credentialPath(host, entry.key), formatEntry(entry), userId);
  checkPrivateDirectory(host.directories.runtime, userId);
}

/** Forgets a credential, and what of it a killed process may have left. Throws `STORE_UNWRITABLE`. */
export function removeEntry(host: StoreHost, key: string): void {
  removePrivateFile(credentialPath(host, key));
  removeRemnants(credentialPath(host, key));
}
