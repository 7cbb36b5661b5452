import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCoreDumps } from "./core-dumps.ts";

let folder: string;
let filter: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-core-"));
  filter = join(folder, "filter");
  writeFileSync(filter, "00000033\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (): string => readFileSync(filter, "utf8");

test("the filter lets nothing through, but for the moment in which another program is started", () => {
  const dumps = createCoreDumps("linux", filter);
  expect(dumps.startUnchanged(read)).toBe("00000033\n");
  dumps.empty();
  expect(read()).toBe("0");
  dumps.empty();
  expect(dumps.startUnchanged(read)).toBe("0x00000033");
  expect(read()).toBe("0");
  const fail = (): never => {
    throw new Error("no such program");
  };
  expect(() => dumps.startUnchanged(fail)).toThrow("no such program");
  expect(read()).toBe("0");
});

test("a program starts even where the filter cannot be written any more", () => {
  const dumps = createCoreDumps("linux", filter);
  dumps.empty();
  rmSync(filter);
  mkdirSync(filter);
  expect(dumps.startUnchanged(() => "started")).toBe("started");
});

test("where there is no filter nothing happens", () => {
  const missing = join(folder, "proc", "filter");
  const dumps = createCoreDumps("linux", missing);
  dumps.empty();
  expect(dumps.startUnchanged(() => "started")).toBe("started");
  expect(existsSync(missing)).toBe(false);
  createCoreDumps("darwin", filter).empty();
  expect(read()).toBe("00000033\n");
});
