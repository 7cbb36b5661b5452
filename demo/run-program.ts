import { spawn } from "node:child_process";
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

function endGroup(id: number | undefined): boolean {
  try {
    return id !== undefined && process.kill(-id);
  } catch {
    // It has just ended, or the system knows no groups.
    return false;
  }
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
      // A group of its own can be ended whole, a plugin that kubectl started included; at the terminal Ctrl-C does that.
      detached: !isAtTerminal,
    });
    const stop = (): void => {
      if (isAtTerminal || !endGroup(child.pid)) child.kill();
    };
    const gathered = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (gathered.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (gathered.stderr += text));
    signal.addEventListener("abort", stop, { once: true });
    child.on("error", reject);
    child.on("close", (exitCode) => {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(signal.reason);
      else resolve({ exitCode: exitCode ?? 1, ...gathered, durationMs: performance.now() - startMs });
    });
  });
}
