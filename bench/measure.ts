import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Summary, summarize } from "./statistics.ts";

/** A command whose cost is measured. */
export interface Contestant {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of how many turns it takes part in one: a slow one need not run as often. */
  readonly everyTurns?: number;
}

/** What it costs. */
export interface Cost {
  readonly contestant: Contestant;
  readonly wallMs: Summary;
  readonly peakMib: Summary;
}

function run(program: string, args: readonly string[], environment: Contestant["environment"]): number {
  const startedMs = performance.now();
  const { status, stderr, error } = spawnSync(program, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const wallMs = performance.now() - startedMs;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${error?.message ?? stderr.toString("utf8").slice(-2000)}`);
  return wallMs;
}

function measurePeakMib({ program, args, environment }: Contestant, folder: string): number {
  const file = join(folder, "peak");
  run("/usr/bin/time", ["--format=%M", `--output=${file}`, program, ...args], environment);
  return Number(readFileSync(file, "utf8")) / 1024;
}

/** Runs all of them in turns, A B C A B C, so that whatever else the machine does hits all alike. Memory is measured in turns of its own. */
export function compare(contestants: readonly Contestant[], turns: number, folder: string): readonly Cost[] {
  const columns = contestants.map((contestant) => ({ contestant, walls: [] as number[], peaks: [] as number[] }));
  // The first run of each reads the program from the disk.
  for (const { program, args, environment } of contestants) run(program, args, environment);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const { contestant, walls } of columns) {
      if (turn % (contestant.everyTurns ?? 1) === 0) walls.push(run(contestant.program, contestant.args, contestant.environment));
    }
  }
  for (let turn = 0; turn < 5; turn += 1) {
    for (const { contestant, peaks } of columns) peaks.push(measurePeakMib(contestant, folder));
  }
  return columns.map(({ contestant, walls, peaks }) => ({ contestant, wallMs: summarize(walls), peakMib: summarize(peaks) }));
}
