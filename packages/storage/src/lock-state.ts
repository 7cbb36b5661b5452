import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { findSystemCode, isJsonObject } from "@kubepass/wire";
import type { ProcessIdentity } from "./processes.ts";

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

/** Who holds a lock. */
export interface LockHolder extends ProcessIdentity {
  /** Until when it may take by its own word, in milliseconds since 1970: it may be wrong, and any number. */
  readonly endsAtMs?: number | undefined;
}

/** What the highest file of a lock's folder says. */
export interface LockState {
  readonly number: number;
  readonly holder: "free" | "unknown" | LockHolder;
}

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
  const { id, start, space, endsAtMs } = value;
  if (typeof id !== "number" || typeof start !== "string" || typeof space !== "string") return "unknown";
  return { id, start, space, endsAtMs: typeof endsAtMs === "number" ? endsAtMs : undefined };
}

/** The numbers of a lock's folder, in no order. Throws what the system says. */
export function findNumbers(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d{1,15}$/.test(name))
    .map(Number);
}

/** Reads what counts of a lock. Throws what the system says. */
export function readState(directory: string): LockState {
  const number = Math.max(0, ...findNumbers(directory));
  if (number === 0) return { number, holder: "free" };
  try {
    return { number, holder: parseHolder(readFileSync(join(directory, String(number)), "utf8")) };
  } catch (error) {
    // Removed between listing and reading: a higher number exists by then.
    if (findSystemCode(error) === "ENOENT") return readState(directory);
    throw error;
  }
}

/** How long ago a lock was taken, held or given back; 0 when that cannot be told. */
export function findSilenceMs(directory: string, number: number): number {
  try {
    // File times come from the system's clock, so they are compared with it and not with a test's.
    return Date.now() - statSync(number === 0 ? directory : join(directory, String(number))).mtimeMs;
  } catch {
    return 0;
  }
}

/** Whether a lock can be taken: nobody holds it, or who held it has died. */
export function isAvailable(directory: string, state: LockState, host: LockHost): boolean {
  if (state.holder === "free") return true;
  const silence = findSilenceMs(directory, state.number);
  if (state.holder === "unknown") return silence > namelessMs;
  const isRunning = host.environment.isRunning(state.holder);
  return isRunning === undefined ? silence > silenceMs : !isRunning;
}
