import { execFileSync } from "node:child_process";
import { getProgram } from "./programs.ts";

/** A chart with values, as one would install it. */
export interface ChartQuestion {
  readonly chart: string;
  readonly name: string;
  readonly namespace: string;
  readonly values: object;
}

/** What helm says of it. */
export interface ChartAnswer {
  /** Warnings and errors of `helm lint`. */
  readonly lint: readonly string[];
  /** Rendered templates by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Why nothing is rendered. */
  readonly error?: string;
}

/** Asks helm's own packages. */
export function askHelm(question: ChartQuestion): ChartAnswer {
  return JSON.parse(execFileSync(getProgram("helm-chart"), { input: JSON.stringify(question), encoding: "utf8" })) as ChartAnswer;
}
