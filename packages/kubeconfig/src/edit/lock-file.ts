import { closeSync, fstatSync, linkSync, mkdirSync, openSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { CredentialError, findSystemCode } from "@kubepass/wire";

/** How long to wait for a lock file, and from which age on its owner is taken for dead. */
export interface LockOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** client-go holds its lock for milliseconds, and leaves it behind when it is killed. Default 30 s. */
  readonly staleMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const pauseMs = 25;

function refuseUnwritable(path: string, error: unknown): CredentialError {
  return new CredentialError("KUBECONFIG_UNWRITABLE", `cannot create ${path}: ${findSystemCode(error) ?? "unknown error"}`, {
    cause: error,
    hint: "check who owns the folder, or write to another file",
  });
}

/** The facts of the new lock; `undefined` when somebody has it already. */
function tryCreate(path: string): Stats | undefined {
  try {
    const file = openSync(path, "wx", 0);
    try {
      return fstatSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (findSystemCode(error) === "EEXIST") return undefined;
    throw refuseUnwritable(path, error);
  }
}

// Some file systems round times when they write them; a lock that was taken over is older or newer by more.
const timeSlackMs = 2000;

/** Whether it is the same lock. The number of a file is given again once it is free, so its time is asked as well. */
function isSame(left: Stats, right: Stats): boolean {
  return left.ino === right.ino && Math.abs(left.mtimeMs - right.mtimeMs) < timeSlackMs;
}

/** Removes our lock, and not that of somebody who took us for dead and took it over. */
function release(path: string, own: Stats): void {
  const now = statSync(path, { throwIfNoEntry: false });
  if (now !== undefined && isSame(now, own)) rmSync(path, { force: true });
}

/** Removes a lock that nobody can hold any more. One that was taken anew in the meantime is put back. */
function removeStale(path: string, staleMs: number): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    const before = statSync(path);
    if (Date.now() - before.mtimeMs < staleMs) return;
    renameSync(path, aside);
    if (!isSame(statSync(aside), before)) linkSync(aside, path);
    rmSync(aside, { force: true });
  } catch (error) {
    if (findSystemCode(error) !== "ENOENT" && findSystemCode(error) !== "EEXIST") throw refuseUnwritable(path, error);
  }
}

/**
 * Runs an action while holding client-go's lock of a kubeconfig, `<path>.lock`, so that kubectl and this never write at once.
 * Waits, bounded, for another holder; takes over from one that died. Throws `KUBECONFIG_LOCKED`, `KUBECONFIG_UNWRITABLE`, and
 * the signal's reason.
 */
export async function withKubeconfigLock<T>(path: string, action: () => T | Promise<T>, options: LockOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, staleMs = 30_000, signal } = options;
  const lock = `${path}.lock`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw refuseUnwritable(dirname(path), error);
  }
  let own = tryCreate(lock);
  for (let waitedMs = 0; own === undefined; waitedMs += pauseMs) {
    if (waitedMs >= timeoutMs) {
      throw new CredentialError("KUBECONFIG_LOCKED", `another program holds ${lock}`, {
        hint: `wait for it; if none is running, remove ${lock}`,
        retryable: true,
      });
    }
    removeStale(lock, staleMs);
    await sleep(pauseMs, undefined, { signal });
    own = tryCreate(lock);
  }
  try {
    return await action();
  } finally {
    release(lock, own);
  }
}
