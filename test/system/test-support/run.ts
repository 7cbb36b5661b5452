import { spawn } from "node:child_process";

/** How a program is run. */
export interface RunOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `closed` is /dev/null; `open` is a pipe that can be written to. */
  readonly input?: "closed" | "open";
  readonly timeoutMs?: number;
  readonly folder?: string;
}

/** How a program ended. */
export interface Outcome {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** A program that runs. */
export interface Running {
  readonly id: number;
  readonly ended: Promise<Outcome>;
  stdout(): string;
  stderr(): string;
  write(text: string): void;
  /** The lines that were written. */
  typed(): readonly string[];
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program in a process group of its own, which is killed when its time is over. */
export function start(program: string, args: readonly string[], options: RunOptions): Running {
  const { environment, input = "closed", timeoutMs = 120_000, folder } = options;
  const startedMs = performance.now();
  const child = spawn(program, args, {
    env: environment,
    stdio: [input === "closed" ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true,
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  const typed: string[] = [];
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => (texts[name] += chunk));
  }
  const id = child.pid ?? 0;
  const timer = setTimeout(() => {
    texts.stderr += `\n[killed by the test after ${timeoutMs} ms]\n`;
    if (id > 0) process.kill(-id, "SIGKILL");
  }, timeoutMs);
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, signal: signal ?? undefined, ...texts, durationMs: performance.now() - startedMs });
    });
  });
  child.stdin?.on("error", () => undefined);
  return {
    id,
    ended,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    write: (text) => {
      typed.push(...text.split("\n").filter((line) => line !== ""));
      child.stdin?.write(text);
    },
    typed: () => typed,
    kill: (signal) => void child.kill(signal),
  };
}

/** The outcome, if the program ended with the code; else an error that shows what the program said. */
export function checkExit(outcome: Outcome, code = 0): Outcome {
  if (outcome.code === code) return outcome;
  const how = outcome.signal ?? outcome.code;
  throw new Error(`ended with ${how} and not with ${code}\n${outcome.stderr.slice(-4000)}\n${outcome.stdout.slice(-500)}`);
}
