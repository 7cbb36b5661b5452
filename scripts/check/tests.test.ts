import { describe, expect, it } from "vitest";
import { makeTree } from "./made-up-tree.ts";
import { tests } from "./tests.ts";

const judge = async (text: string, path = "packages/wire/src/extra.test.ts"): Promise<readonly string[]> =>
  (await tests(makeTree({ [path]: text }))).violations;

describe("the tests law", () => {
  it.each([
    'it.skip("x", () => {});',
    'describe.only("x", () => {});',
    'test.todo("x");',
    'it.only.each([1])("x", () => {});',
    'vi.mock("./secret.ts");',
    'vi.stubGlobal("fetch", fake);',
    "await new Promise((resolve) => setTimeout(resolve, 100));",
    'import { setTimeout } from "node:timers/promises";',
  ])("refuses %s", async (text) => {
    expect(await judge(text)).toHaveLength(1);
  });

  it("takes ordinary tests, and what only some systems can run", async () => {
    expect(await judge('it("x", () => {});\ntest.each([1])("y", () => {});\ntest.skipIf(isWindows)("z", () => {});')).toEqual([]);
  });

  it("lets the tests of real programs wait", async () => {
    expect(await judge("setTimeout(() => {}, 100);", "test/system/login.test.ts")).toEqual([]);
  });

  it("counts tests and not files", async () => {
    expect(
      (await tests(makeTree({ "packages/wire/src/a.test.ts": 'describe("x", () => { it("y", () => {}); it("z", () => {}); });' }))).looked,
    ).toBe(2);
    expect((await tests(makeTree())).looked).toBe(0);
  });
});
