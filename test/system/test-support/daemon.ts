import { spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { artefacts } from "./places.ts";
import { getProgram } from "./programs.ts";
import { waitFor } from "./wait-for.ts";

/** A program that runs beside the tests. */
export interface DaemonOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  isReady(output: string): boolean | Promise<boolean>;
}

/** One that is ready. */
export interface Daemon {
  readonly id: number;
  output(): string;
  stop(): Promise<void>;
}

async function ask(isReady: () => boolean | Promise<boolean>): Promise<true | undefined> {
  try {
    return (await isReady()) || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Starts a program and waits until it is ready. Its output goes to `artefacts/system/<name>.log`. The kernel ends it with its parent, also
 * when that is killed.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { name, program, args, environment, input } = options;
  mkdirSync(artefacts, { recursive: true });
  const logFile = join(artefacts, `${name}.log`);
  writeFileSync(logFile, "");
  const log = openSync(logFile, "a");
  const child = spawn(getProgram("setpriv"), ["--pdeathsig", "KILL", "--", getProgram(program), ...args], {
    stdio: [input === undefined ? "ignore" : "pipe", log, log],
    env: { PATH: process.env["PATH"], HOME: artefacts, ...environment },
  });
  closeSync(log);
  child.stdin?.end(input);
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const output = (): string => readFileSync(logFile, "utf8");
  const look = async (): Promise<true | undefined> => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}\n${output().slice(-3000)}`);
    return await ask(() => options.isReady(output()));
  };
  await waitFor(`${name} to be ready`, look, { timeoutMs: 120_000, describe: () => output().slice(-3000) });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(timer);
  };
  return { id: child.pid ?? 0, output, stop };
}
