import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Variables } from "./folder.ts";

/** How a program ended. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** A program to start. */
export interface ProgramCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly variables: Variables;
  readonly folder?: string | undefined;
  /** The program speaks with the person: it gets the terminal, and its standard error is not gathered. */
  readonly isAtTerminal?: boolean | undefined;
  readonly signal: AbortSignal;
}

const patienceMs = 2_000;
const lookEveryMs = 20;

/** Sends a signal to a program, or to a group; whether there was one. */
function signalTo(id: number, signal?: 0): boolean {
  try {
    return process.kill(id, signal);
  } catch {
    // It has just ended, or the system knows no groups.
    return false;
  }
}

/** What a program started, and what that started, as far as the system tells. */
function listDescendants(id: number): readonly number[] {
  let lines: readonly string[] = [];
  try {
    lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  } catch {
    // Windows has no ps, and Ctrl-C there reaches all that share the terminal.
  }
  const programs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const family = [id];
  for (const parent of family) for (const [child = 0, of] of programs) if (of === parent) family.push(child);
  return family.slice(1);
}

/** Ends a program with all that it started. Resolves when those have ended too, or did not care to for some seconds. */
async function endAll(child: ChildProcess, isGroup: boolean): Promise<void> {
  const id = child.pid;
  if (id === undefined) return;
  const others = listDescendants(id);
  if (!isGroup || !signalTo(-id)) {
    child.kill();
    for (const other of others) signalTo(other);
  }
  const endMs = performance.now() + patienceMs;
  while (others.some((other) => signalTo(other, 0)) && performance.now() < endMs) await sleep(lookEveryMs);
}

/** Runs a program to its end. Rejects when it cannot be started; ends it, and all it started, when the signal is aborted. */
export async function runProgram({ command, args, variables, folder, isAtTerminal = false, signal }: ProgramCall): Promise<ProgramResult> {
  signal.throwIfAborted();
  const startMs = performance.now();
  return await new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd: folder,
      env: { ...variables },
      stdio: isAtTerminal ? ["inherit", "pipe", "inherit"] : ["ignore", "pipe", "pipe"],
      // A group of its own can be ended whole, a plugin that kubectl started included; but it could not read the terminal.
      detached: !isAtTerminal,
    });
    let ending: Promise<void> | undefined;
    const stop = (): void => void (ending = endAll(child, !isAtTerminal));
    const gathered = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (gathered.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (gathered.stderr += text));
    signal.addEventListener("abort", stop, { once: true });
    child.on("error", reject);
    child.on("close", (exitCode) => {
      signal.removeEventListener("abort", stop);
      // Before anybody removes the folder that they write to.
      if (ending !== undefined) void ending.then(() => reject(signal.reason));
      else resolve({ exitCode: exitCode ?? 1, ...gathered, durationMs: performance.now() - startMs });
    });
  });
}
