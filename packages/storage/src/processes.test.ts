import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { identifyProcess, isProcessRunning } from "./processes.ts";

const own = identifyProcess(process);

test.skipIf(process.platform !== "linux")("a process runs until it is killed, also while nobody has waited for it", async () => {
  const child = spawn("sleep", ["60"]);
  const other = identifyProcess({ pid: child.pid ?? 0, platform: "linux", kill: () => true });
  expect(isProcessRunning(process, own, other)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isProcessRunning(process, own, other)).toBe(false);
});

test.skipIf(process.platform !== "linux")("a later process with the same number is another one", () => {
  expect(isProcessRunning(process, own, own)).toBe(true);
  expect(isProcessRunning(process, own, { ...own, start: "1" })).toBe(false);
});

test("a process of another container cannot be judged from here", () => {
  expect(isProcessRunning(process, own, { ...own, space: "pid:[1]" })).toBeUndefined();
});

test("without a process table only an absent number is certain", () => {
  const elsewhere = { pid: 1, platform: "darwin" as const };
  const missing = Object.assign(new Error("no such process"), { code: "ESRCH" });
  const other = { id: 5, start: "", space: "" };
  const table = (kill: () => boolean) => isProcessRunning({ ...elsewhere, kill }, { id: 1, start: "", space: "" }, other);
  expect(table(() => true)).toBeUndefined();
  expect(
    table(() => {
      throw missing;
    }),
  ).toBe(false);
});
