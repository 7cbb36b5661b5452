import { constants, closeSync, openSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CredentialError, isJsonObject } from "@kubepass/wire";
import { findErrorCode, makePrivateDirectory, unwritable } from "./private-files.ts";
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

/** What a lock needs to know of the process that takes it and of the others; a plugin's `Host` is one. */
export interface LockHost {
  readonly environment: {
    /** The numeric user id; `undefined` on Windows. */
    readonly userId: number | undefined;
    readonly ownProcess: ProcessIdentity;
    /** Whether a process that once said this of itself still runs; `undefined` when that cannot be known from here. */
    isRunning(other: ProcessIdentity): boolean | undefined;
  };
  readonly clock: {
    now(): Date;
    /** Resolves after the time has passed; rejects with the signal's reason when aborted before. */
    sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  };
}

/** A lock that is held. */
export interface IdentityLock {
  /** False when another process has judged this one dead and taken over. */
  isHeld(): boolean;
  /** Frees the lock, if it is still held. */
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
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asked before each try: the work may be done already. */
  find(): T | undefined;
  /** Told once, after a few seconds. */
  onLongWait(holder: ProcessIdentity | undefined): void;
}

type LockState = { readonly number: number; readonly holder: "free" | "unknown" | ProcessIdentity };

const longWaitMs = 3_000;
const firstPauseMs = 20;
const longestPauseMs = 100;
const heartbeatMs = 2_000;
// For holders that cannot be looked at (another container): no sign of life for this long means dead.
const silenceMs = 10_000;
// A holder killed between creating its file and naming itself.
const namelessMs = 1_000;

function parseHolder(text: string): LockState["holder"] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "unknown";
  }
  if (!isJsonObject(value)) return "unknown";
  if (value["released"] === true) return "free";
  const { id, start, space } = value;
  if (typeof id !== "number" || typeof start !== "string" || typeof space !== "string") return "unknown";
  return { id, start, space };
}

function findNumbers(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d{1,15}$/.test(name))
    .map(Number);
}

function readState(directory: string): LockState {
  const number = Math.max(0, ...findNumbers(directory));
  if (number === 0) return { number, holder: "free" };
  try {
    return { number, holder: parseHolder(readFileSync(join(directory, String(number)), "utf8")) };
  } catch (error) {
    // Removed between listing and reading: a higher number exists by then.
    if (findErrorCode(error) === "ENOENT") return readState(directory);
    throw error;
  }
}

function findSilenceMs(directory: string, number: number, now: Date): number {
  try {
    return now.getTime() - statSync(join(directory, String(number))).mtimeMs;
  } catch {
    return 0;
  }
}

function isAvailable(directory: string, state: LockState, host: LockHost): boolean {
  if (state.holder === "free") return true;
  // File times come from the system's clock, so they are compared with it and not with a test's.
  const silence = findSilenceMs(directory, state.number, new Date());
  if (state.holder === "unknown") return silence > namelessMs;
  const isRunning = host.environment.isRunning(state.holder);
  return isRunning === undefined ? silence > silenceMs : !isRunning;
}

function tryCreate(directory: string, number: number, holder: ProcessIdentity): boolean {
  const path = join(directory, String(number));
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  } catch (error) {
    if (findErrorCode(error) === "EEXIST") return false;
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
  const isHeld = (): boolean => Math.max(0, ...findNumbers(directory)) === number;
  return {
    isHeld,
    release() {
      clearInterval(beat);
      if (isHeld()) writeFileSync(path, JSON.stringify({ released: true }));
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
    throw unwritable(directory, error);
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
    const value = wait.find();
    if (value !== undefined) return { kind: "found", value };
    const taken = tryTake(wait.directory, host);
    if (taken !== undefined && "release" in taken) return { kind: "acquired", lock: taken };
    const waitedMs = host.clock.now().getTime() - startMs;
    if (waitedMs > wait.timeoutMs) throw timedOut(taken, waitedMs);
    if (waitedMs > longWaitMs && !isTold) {
      isTold = true;
      wait.onLongWait(taken);
    }
    await host.clock.sleep(pauseMs, wait.signal);
    pauseMs = Math.min(longestPauseMs, pauseMs * 1.5);
  }
}

function timedOut(holder: ProcessIdentity | undefined, waitedMs: number): CredentialError {
  const who = holder === undefined ? "another process" : `process ${holder.id}`;
  return new CredentialError(
    "LOCK_TIMEOUT",
    `${who} has been signing in to the same identity for more than ${Math.round(waitedMs / 1000)} s`,
    {
      hint: "finish or stop that sign-in, then try again",
      retryable: true,
    },
  );
}
