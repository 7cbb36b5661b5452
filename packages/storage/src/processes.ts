import { readFileSync, readlinkSync } from "node:fs";
import { findSystemCode } from "@kubepass/wire";

/** Tells a process from a later one with the same number. */
export interface ProcessIdentity {
  readonly id: number;
  /** When it started, in the system's own form; empty where the system does not say. */
  readonly start: string;
  /** The space in which the number has a meaning (a container has its own); empty where there is only one. */
  readonly space: string;
}

/** The part of the running process that tells others apart. */
export interface ProcessTable {
  readonly pid: number;
  readonly platform: NodeJS.Platform;
  kill(pid: number, signal: 0): boolean;
}

// The name in parentheses may itself hold spaces and parentheses: count from the last one.
function parseStat(text: string): { readonly state: string; readonly start: string } | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const start = fields[19];
  return state === undefined || start === undefined ? undefined : { state, start };
}

function findStat(pid: number): { readonly state: string; readonly start: string } | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

function findSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** What this process says of itself to others. */
export function identifyProcess(running: ProcessTable): ProcessIdentity {
  if (running.platform !== "linux") return { id: running.pid, start: "", space: "" };
  return { id: running.pid, start: findStat(running.pid)?.start ?? "", space: findSpace() };
}

function canSignal(running: ProcessTable, pid: number): boolean {
  try {
    return running.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another user.
    return findSystemCode(error) === "EPERM";
  }
}

/** Whether another process still runs; `undefined` where that cannot be known from here. */
export function isProcessRunning(running: ProcessTable, own: ProcessIdentity, other: ProcessIdentity): boolean | undefined {
  if (other.space !== own.space) return undefined;
  if (running.platform === "linux" && own.start !== "") {
    const stat = findStat(other.id);
    return stat !== undefined && stat.start === other.start && stat.state !== "Z" && stat.state !== "X";
  }
  // The number may have been given to a later process, so only its absence is certain.
  return canSignal(running, other.id) ? undefined : false;
}
