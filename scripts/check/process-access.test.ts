import { describe, expect, it } from "vitest";
import { makeTree } from "./made-up-tree.ts";
import { processAccess } from "./process-access.ts";

const judge = async (text: string, path = "packages/wire/src/extra.ts"): Promise<number> =>
  (await processAccess(makeTree({ [path]: text }))).violations.length;

describe("the process law", () => {
  it.each([
    "export const home = process.env.HOME;",
    "export const home = process['env'];",
    "export const { env } = process;",
    "export const all = { process };",
    "export const exit = globalThis.process.exit;",
    "export const exit = globalThis['process'].exit;",
    'import { env } from "node:process";',
    'import process from "process";',
    "export type Platform = typeof process.platform;",
  ])("refuses %s", async (text) => {
    expect(await judge(text)).toBeGreaterThan(0);
  });

  it.each(["export const x = child.process;", "export const x = { process: 1 };", "// process.exit", "export const x = 'process';"])(
    "takes %s",
    async (text) => {
      expect(await judge(text)).toBe(0);
    },
  );

  it("lets a main.ts and a test touch it", async () => {
    expect(await judge("process.exit(1);", "packages/wire/src/main.ts")).toBe(0);
    expect(await judge("process.exit(1);", "packages/wire/src/extra.test.ts")).toBe(0);
    expect(await judge("process.exit(1);", "packages/wire/src/main-loop.ts")).toBe(1);
  });
});
