import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isJsonObject } from "@kubepass/wire";

/** What the demo's browser saw of a sign-in. */
export interface BrowserReport {
  /** How many pages it went through, redirects included. */
  readonly pages: number;
  readonly status: number;
  /** The heading of the last page. */
  readonly heading: string;
}

/** Leaves a report of a visit in a file, which is there whole or not at all. */
export function writeReport(
  file: string,
  page: { readonly visited: readonly string[]; readonly status: number; readonly body: string },
): void {
  const heading = /<h1>([^<]*)<\/h1>/.exec(page.body)?.[1] ?? "";
  const report: BrowserReport = { pages: page.visited.length, status: page.status, heading };
  writeFileSync(`${file}.new`, JSON.stringify(report));
  renameSync(`${file}.new`, file);
}

function parseReport(text: string): BrowserReport {
  const report: unknown = JSON.parse(text);
  if (isJsonObject(report)) {
    const { pages, status, heading } = report;
    if (typeof pages === "number" && typeof status === "number" && typeof heading === "string") return { pages, status, heading };
  }
  throw new TypeError("the browser's report is malformed");
}

const patienceMs = 5_000;
const lookEveryMs = 20;

/** Reads the report, for which it waits a little: kubectl may end before the browser does. Rejects when there is none. */
export async function readReport(file: string, signal: AbortSignal): Promise<BrowserReport> {
  const endMs = performance.now() + patienceMs;
  while (!existsSync(file)) {
    if (performance.now() > endMs) throw new Error("the browser did not come to the end of the sign-in");
    await sleep(lookEveryMs, undefined, { signal });
  }
  return parseReport(readFileSync(file, "utf8"));
}
