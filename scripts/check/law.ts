import type { Tree } from "./tree.ts";

/** What a law found. */
export interface LawReport {
  /** How many things were judged: zero means that the law looked in the wrong place, and is a violation. */
  readonly looked: number;
  /** What was counted, in the plural. */
  readonly counted: string;
  /** One line each, beginning with `path:line` where there is one. */
  readonly violations: readonly string[];
}

/** One convention of the project as a program. */
export type Law = (tree: Tree) => LawReport | Promise<LawReport>;

/** Whether the project keeps the law; a law that saw nothing proves nothing. */
export function isKept(report: LawReport): boolean {
  return report.looked > 0 && report.violations.length === 0;
}

/** The report as people read it: one line when the law is kept, one more for each violation. */
export function formatReport(name: string, report: LawReport): string {
  const head = `${isKept(report) ? "ok  " : "FAIL"}  ${name.padEnd(12)}  ${report.looked} ${report.counted}`;
  const nothing = report.looked === 0 ? ["looked at nothing, so it proves nothing"] : [];
  return [head, ...[...nothing, ...report.violations].map((line) => `      ${line}`)].join("\n");
}
