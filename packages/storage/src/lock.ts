import { constants, closeSync, ftruncateSync, openSync, rmSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { CredentialError, findSystemCode } from "@kubepass/wire";
import { findNumbers, isAvailable, type LockHolder, type LockHost, readState } from "./lock-state.ts";
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
  /** Tells those who wait until when the work may take, so that none gives up before; nothing when the lock is lost. Never throws. */
  announceEnd(latest: Date): void;
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
  /** How long at most for all holders together; without it announcements are ignored. Asked for only when it matters. */
  readonly longestMs?: number | undefined;
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
// What comes after the wait that a holder announces: its last requests.
const afterEndMs = 60_000;

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

/** Replaces the text of a file that is there. At no moment is it empty, which would look like a holder that died early. */
function overwrite(path: string, text: string): void {
  const descriptor = openSync(path, constants.O_RDWR);
  try {
    ftruncateSync(descriptor, writeSync(descriptor, text, 0));
  } finally {
    closeSync(descriptor);
  }
}

function holdLock(directory: string, number: number, holder: ProcessIdentity): IdentityLock {
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
    announceEnd(latest) {
      if (!isHeld()) return;
      try {
        overwrite(path, JSON.stringify({ ...holder, endsAtMs: latest.getTime() }));
      } catch {
        // Others wait as long as usual.
      }
    },
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

function tryAcquire(directory: string, host: LockHost): IdentityLock | LockHolder | undefined {
  const state = readState(directory);
  if (!isAvailable(directory, state, host)) return typeof state.holder === "string" ? undefined : state.holder;
  const number = state.number + 1;
  const { ownProcess } = host.environment;
  return tryCreate(directory, number, ownProcess) ? holdLock(directory, number, ownProcess) : undefined;
}

function tryTake(directory: string, host: LockHost): IdentityLock | LockHolder | undefined {
  try {
    return tryAcquire(directory, host);
  } catch (error) {
    // Somebody has cleaned up: the folder may be removed at any time.
    if (findSystemCode(error) !== "ENOENT") throw unwritable(directory, error);
    makePrivateDirectory(directory, host.environment.userId);
    return undefined;
  }
}

/** How long somebody waits, and for whom. */
interface Patience {
  readonly holder: LockHolder | undefined;
  /** Since when this holder is waited for. */
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.id === other.id && one.start === other.start && one.space === other.space;
}

/**
 * What is left of somebody's patience when he looks again. Each new holder gets the usual time, and what a holder announces is
 * believed, both up to the waiter's own bound. It never gets less: the one who comes after a long sign-in has announced nothing yet.
 */
function renewPatience(
  before: Patience,
  holder: LockHolder | undefined,
  longestMs: () => number,
  wait: { nowMs: number; timeoutMs: number },
): Patience {
  // A race that was lost, or a file between two states.
  if (holder === undefined) return before;
  const isSame = before.holder !== undefined && isSameProcess(before.holder, holder);
  const sinceMs = isSame || before.holder === undefined ? before.sinceMs : wait.nowMs;
  const wantedMs = Math.max(sinceMs + wait.timeoutMs, holder.endsAtMs === undefined ? 0 : holder.endsAtMs + afterEndMs);
  const deadlineMs = wantedMs > before.deadlineMs ? Math.max(before.deadlineMs, Math.min(wantedMs, longestMs())) : before.deadlineMs;
  return { holder, sinceMs, deadlineMs };
}

/**
 * Takes the lock, or learns that it is not needed any more. Waits at most `timeoutMs` for each holder, or as long as the holder has
 * announced, and at most `longestMs` in all; ends at once when the signal is aborted. Throws `LOCK_TIMEOUT`, `STORE_UNSAFE`,
 * `STORE_UNWRITABLE`, or the signal's reason.
 */
export async function acquireLock<T>(wait: LockWait<T>, host: LockHost): Promise<LockOutcome<T>> {
  makePrivateDirectory(wait.directory, host.environment.userId);
  const startMs = host.clock.now().getTime();
  let pauseMs = firstPauseMs;
  let isTold = false;
  let patience: Patience = { holder: undefined, sinceMs: startMs, deadlineMs: startMs + wait.timeoutMs };
  const longestMs = (): number => startMs + (wait.longestMs ?? wait.timeoutMs);
  for (;;) {
    wait.signal.throwIfAborted();
    const value = await wait.find();
    if (value !== undefined) return { kind: "found", value };
    const taken = tryTake(wait.directory, host);
    if (taken !== undefined && "release" in taken) return { kind: "acquired", lock: taken };
    const nowMs = host.clock.now().getTime();
    patience = renewPatience(patience, taken, longestMs, { nowMs, timeoutMs: wait.timeoutMs });
    if (nowMs > patience.deadlineMs) throw timedOut(wait.doing, patience.holder, nowMs - patience.sinceMs);
    if (nowMs - startMs > longWaitMs && !isTold) {
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
