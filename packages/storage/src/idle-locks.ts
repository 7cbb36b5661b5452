import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findSilenceMs, isAvailable, type LockHost, readState } from "./lock-state.ts";

function isIdle(directory: string, idleMs: number, host: LockHost): boolean {
  const state = readState(directory);
  return isAvailable(directory, state, host) && findSilenceMs(directory, state.number) > idleMs;
}

/**
 * Removes the locks in a folder of locks that nobody holds and nobody has used for so long: names that come from changing things
 * would pile up. What cannot be looked at is left. Never throws.
 */
export function removeIdleLocks(directory: string, idleMs: number, host: LockHost): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory() && isIdle(path, idleMs, host)) rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // Another process is doing the same, or the folder is not ours to clean.
  }
}
