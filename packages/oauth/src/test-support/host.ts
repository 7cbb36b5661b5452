import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Host, LogFields } from "@kubepass/plugin-sdk";
import { onTestFinished } from "vitest";

/** One line that was logged. */
export interface LoggedLine {
  readonly level: "warn" | "info" | "debug";
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A host with a clock that only the test turns (a sleep turns it too), real temporary folders, and nobody there. */
export interface TestHost extends Host {
  readonly lines: LoggedLine[];
  readonly slept: number[];
  advance(durationMs: number): void;
}

/** A new host. Its folders are removed when the test is over. */
export function createTestHost(variables: Readonly<Record<string, string>> = {}, start: Date = new Date("2030-01-01T00:00:00Z")): TestHost {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-oauth-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const lines: LoggedLine[] = [];
  const slept: number[] = [];
  let nowMs = start.getTime();
  const log = (level: LoggedLine["level"]) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields });
  const absent = (): never => {
    throw new Error("nobody is there in this test");
  };
  return {
    lines,
    slept,
    advance: (durationMs) => void (nowMs += durationMs),
    environment: { variables, platform: "linux", userId: userInfo().uid, ownProcess: { id: 1, start: "", space: "" }, isRunning: absent },
    clock: {
      now: () => new Date(nowMs),
      sleep: async (durationMs, signal) => {
        signal.throwIfAborted();
        slept.push(durationMs);
        nowMs += durationMs;
      },
    },
    directories: {
      home: join(folder, "home"),
      config: join(folder, "config"),
      state: join(folder, "state"),
      cache: join(folder, "cache"),
      runtime: join(folder, "runtime"),
    },
    terminal: { isTerminal: false, canRead: false, columns: 80, isCapable: false, write: absent, readLine: absent },
    browser: { open: absent },
    keyring: { read: absent, write: absent, remove: absent },
    log: { warn: log("warn"), info: log("info"), debug: log("debug") },
    signal: new AbortController().signal,
  };
}
