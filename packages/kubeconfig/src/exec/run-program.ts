import { type ChildProcess, spawn } from "node:child_process";
import type { ClientHost } from "../client-host.ts";
import type { CommandLine } from "./batch-command.ts";

/** How a program is run, and what bounds it. */
export interface ProgramRun {
  readonly commandLine: CommandLine;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The program gets our standard input; else it gets the null device. */
  readonly isInputShared: boolean;
  /** Gets what the program writes to standard error; without it the program has ours. */
  readonly onErrorOutput?: ((chunk: Buffer) => void) | undefined;
  /** The program is stopped when it prints more. */
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal;
  /** Starts the program as the first of a group, and signals all that are in it; without it the program alone is signalled. */
  readonly signalGroup?: ((id: number, signal: NodeJS.Signals) => void) | undefined;
  /** See {@link ClientHost.startUnchanged}. */
  readonly startUnchanged?: ClientHost["startUnchanged"];
}

/** How a program ended. */
export type ProgramOutcome =
  | { readonly kind: "not-started"; readonly error: Error }
  | { readonly kind: "exited"; readonly code: number; readonly output: Buffer }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  | { readonly kind: "too-much-output" }
  | { readonly kind: "aborted" };

const graceMs = 2_000;
// A child of the program may keep its output open for ever; what counts was written before the program ended.
const drainMs = 2_000;

class RunningProgram {
  readonly #child: ChildProcess;
  readonly #signalGroup: ProgramRun["signalGroup"];
  readonly #maxOutputBytes: number;
  readonly #finish: (outcome: ProgramOutcome) => void;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #stopped: "too-much-output" | "aborted" | undefined;

  constructor(child: ChildProcess, run: ProgramRun, finish: (outcome: ProgramOutcome) => void) {
    this.#child = child;
    this.#signalGroup = run.signalGroup;
    this.#maxOutputBytes = run.maxOutputBytes;
    this.#finish = finish;
    child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
    child.stderr?.on("data", (chunk: Buffer) => run.onErrorOutput?.(chunk));
    child.once("error", (error) => this.#finish({ kind: "not-started", error }));
    child.once("exit", () => {
      const timer = setTimeout(() => this.#leave(), drainMs);
      child.once("close", () => clearTimeout(timer));
    });
    child.once("close", (code, signal) => this.#finish(this.#judgeEnd(code, signal)));
  }

  stop(why: "too-much-output" | "aborted"): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = why;
    this.#signal("SIGTERM");
    const timer = setTimeout(() => {
      // The id of a program that has ended may be another's by now.
      if (this.#child.exitCode === null && this.#child.signalCode === null) this.#signal("SIGKILL");
    }, graceMs);
    this.#child.once("exit", () => {
      clearTimeout(timer);
      // What it has started, and left behind.
      if (this.#signalGroup !== undefined) this.#signal("SIGKILL");
      this.#leave();
    });
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (this.#signalGroup === undefined || pid === undefined) this.#child.kill(signal);
    else this.#signalGroup(pid, signal);
  }

  #read(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length <= this.#maxOutputBytes) this.#chunks.push(chunk);
    else this.stop("too-much-output");
  }

  #leave(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #judgeEnd(code: number | null, signal: NodeJS.Signals | null): ProgramOutcome {
    if (this.#stopped !== undefined) return { kind: this.#stopped };
    if (code !== null) return { kind: "exited", code, output: Buffer.concat(this.#chunks) };
    return { kind: "killed", signal: signal ?? "SIGKILL" };
  }
}

function start(run: ProgramRun): ChildProcess {
  const { commandLine } = run;
  return spawn(commandLine.program, commandLine.args, {
    env: run.environment,
    stdio: [run.isInputShared ? "inherit" : "ignore", "pipe", run.onErrorOutput === undefined ? "inherit" : "pipe"],
    detached: run.signalGroup !== undefined,
    windowsVerbatimArguments: commandLine.isVerbatim,
    windowsHide: true,
  });
}

/**
 * Runs a program without a shell and tells how it ended; it has ended when the promise resolves. Never rejects.
 * When the signal aborts, the program gets SIGTERM, and SIGKILL after two seconds; so do the programs of
 * its group, if it has one.
 */
export function runProgram(run: ProgramRun): Promise<ProgramOutcome> {
  return new Promise((resolve) => {
    if (run.signal.aborted) return resolve({ kind: "aborted" });
    let child: ChildProcess;
    try {
      child = run.startUnchanged === undefined ? start(run) : run.startUnchanged(() => start(run));
    } catch (error) {
      // Arguments or variables that no program can get, such as a NUL.
      return resolve({ kind: "not-started", error: error instanceof Error ? error : new Error(String(error)) });
    }
    const running = new RunningProgram(child, run, (outcome) => {
      run.signal.removeEventListener("abort", abort);
      resolve(outcome);
    });
    const abort = (): void => running.stop("aborted");
    run.signal.addEventListener("abort", abort, { once: true });
  });
}
