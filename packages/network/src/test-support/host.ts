import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { NetworkHost } from "../network-options.ts";

/** Facts of a logged line. */
export type LoggedFields = Readonly<Record<string, unknown>>;

/** One line that was logged. */
export interface LoggedLine {
  readonly level: "warn" | "info" | "debug";
  readonly message: string;
  readonly fields: LoggedFields | undefined;
}

/** A host with a clock that only the test turns (a sleep turns it too), and a real temporary folder. */
export interface TestNetworkHost extends NetworkHost {
  readonly lines: LoggedLine[];
  readonly slept: number[];
  /** Removed when the test is over. */
  readonly folder: string;
  readonly log: Readonly<Record<LoggedLine["level"], (message: string, fields?: LoggedFields) => void>>;
  advance(durationMs: number): void;
}

/** A new host of one test. */
export function createTestNetworkHost(
  variables: Readonly<Record<string, string>> = {},
  start: Date = new Date("2030-01-01T00:00:00Z"),
): TestNetworkHost {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-network-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const lines: LoggedLine[] = [];
  const slept: number[] = [];
  let nowMs = start.getTime();
  const log = (level: LoggedLine["level"]) => (message: string, fields?: LoggedFields) => void lines.push({ level, message, fields });
  return {
    lines,
    slept,
    folder,
    advance: (durationMs) => void (nowMs += durationMs),
    environment: { variables, platform: "linux" },
    clock: {
      now: () => new Date(nowMs),
      sleep: async (durationMs, signal) => {
        signal.throwIfAborted();
        slept.push(durationMs);
        nowMs += durationMs;
      },
    },
    log: { warn: log("warn"), info: log("info"), debug: log("debug") },
  };
}
