import { constants, closeSync, openSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CredentialError, findSystemCode } from "@kubepass/wire";
import { findNumbers, isAvailable, type LockHost, readState } from "./lock-state.ts";
import { makePrivateDirectory, unwritable } from "./private-files.ts";
import type { ProcessIdentity } from "./processes.ts";

/*
 * One lock per identity, over all processes of the user, freed by the holder's death.
 *
 * A lock is a folder of numbered files. The highest number counts: it is held while its text names a running
 * process, and free when it says so. To take a lock that is free, or whose holder has died, one creates the
 * next number (O_EXCL: one winner), and only then removes the lower ones. The highest file is never
 * removed, so no number is used twice: whoever slept through a change finds a higher number than his own
 * and steps back. Nothing is ever taken from a living holder, and there is no moment at which
 * two processes both hold the highest number.
 */

/** A lock that is held. */
export interface IdentityLock {
  /** False when another process has judged this one dead and taken over, or when the lock's folder is gone. */
  isHeld(): boolean;
  /** Frees the lock, if it is still held. Never throws: what cannot be freed now ends with this process. */
  release(): void;
}

/** What waiting for a lock ended with. */
export type LockOutcome<T> =
  | { readonly kind: "acquired"; readonly lock: IdentityLock }
  /** Somebody else did the work in the meantime. */
  | { readonly kind: "found"; readonly value: T };

/** How to wait. */
export interface LockWait<T> {
  readonly directory: string;
  /** What its holder does, for the error of who has waited too long: `signing in to the same identity`. */
  readonly doing: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asked before each try: the work may be done already. */
  find(): T | undefined | Promise<T | undefined>;
  /** Told once, after a few seconds. */
  onLongWait(holder: ProcessIdentity | undefined): void;
}

const longWaitMs = 3_000;
const firstPauseMs = 20;
const longestPauseMs = 100;
const heartbeatMs = 2_000;

function tryCreate(directory: string, number: number, holder: ProcessIdentity): boolean {
  const path = join(directory, String(number));
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  } catch (error) {
    if (findSystemCode(error) === "EEXIST") return false;
    throw error;
  }
  try {
    writeFileSync(descriptor, JSON.stringify(holder));
  } finally {
    closeSync(descriptor);
  }
  const numbers = findNumbers(directory);
  if (Math.max(...numbers) !== number) {
    rmSync(path, { force: true });
    return false;
  }
  for (const lower of numbers) if (lower < number) rmSync(join(directory, String(lower)), { force: true });
  return true;
}

function holdLock(directory: string, number: number): IdentityLock {
  const path = join(directory, String(number));
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // Taken over, or the folder is gone: isHeld tells.
    }
  }, heartbeatMs);
  beat.unref();
  const isHeld = (): boolean => {
    try {
      return Math.max(0, ...findNumbers(directory)) === number;
    } catch {
      return false;
    }
  };
  return {
    isHeld,
    release() {
      clearInterval(beat);
      if (!isHeld()) return;
      try {
        writeFileSync(path, JSON.stringify({ released: true }));
      } catch {
        // The work is done and must not fail for this.
      }
    },
  };
}

function tryAcquire(directory: string, host: LockHost): IdentityLock | ProcessIdentity | undefined {
  const state = readState(directory);
  if (!isAvailable(directory, state, host)) return typeof state.holder === "string" ? undefined : state.holder;
  const number = state.number + 1;
  return tryCreate(directory, number, host.environment.ownProcess) ? holdLock(directory, number) : undefined;
}

function tryTake(directory: string, host: LockHost): IdentityLock | ProcessIdentity | undefined {
  try {
    return tryAcquire(directory, host);
  } catch (error) {
    // Somebody has cleaned up: the folder may be removed at any time.
    if (findSystemCode(error) !== "ENOENT") throw unwritable(directory, error);
    makePrivateDirectory(directory, host.environment.userId);
    return undefined;
  }
}

/**
 * Takes the lock, or learns that it is not needed any more. Waits at most `timeoutMs`; ends at once when the signal
 * is aborted. Throws `LOCK_TIMEOUT`, `STORE_UNSAFE`, `STORE_UNWRITABLE`, or the signal's reason.
 */
export async function acquireLock<T>(wait: LockWait<T>, host: LockHost): Promise<LockOutcome<T>> {
  makePrivateDirectory(wait.directory, host.environment.userId);
  const startMs = host.clock.now().getTime();
  let pauseMs = firstPauseMs;
  let isTold = false;
  for (;;) {
    wait.signal.throwIfAborted();
    const value = await wait.find();
    if (value !== undefined) return { kind: "found", value };
    const taken = tryTake(wait.directory, host);
    if (taken !== undefined && "release" in taken) return { kind: "acquired", lock: taken };
    const waitedMs = host.clock.now().getTime() - startMs;
    if (waitedMs > wait.timeoutMs) throw timedOut(wait.doing, taken, waitedMs);
    if (waitedMs > longWaitMs && !isTold) {
      isTold = true;
      wait.onLongWait(taken);
    }
    await host.clock.sleep(pauseMs, wait.signal);
    pauseMs = Math.min(longestPauseMs, pauseMs * 1.5);
  }
}

function timedOut(doing: string, holder: ProcessIdentity | undefined, waitedMs: number): CredentialError {
  const who = holder === undefined ? "another process" : `process ${holder.id}`;
  return new CredentialError("LOCK_TIMEOUT", `${who} has been ${doing} for more than ${Math.round(waitedMs / 1000)} s`, {
    hint: "finish that or stop it, then try again",
    retryable: true,
  });
}
