import { describe, expect, it } from "vitest";
import { docstrings } from "./docstrings.ts";
import { makeTree } from "./made-up-tree.ts";

const judge = async (text: string, index = 'export * from "./extra.ts";'): Promise<readonly string[]> =>
  (await docstrings(makeTree({ "packages/wire/src/index.ts": index, "packages/wire/src/extra.ts": text }))).violations;

describe("the docstrings law", () => {
  it.each([
    ["nothing", "export const limit = 1;"],
    ["a line comment", "// The limit.\nexport const limit = 1;"],
    ["an empty docstring", "/** */\nexport const limit = 1;"],
    ["the docstring of the one before", "/** Other. */\nconst other = 2;\nexport const limit = 1;"],
  ])("refuses an export that has %s before it", async (_, text) => {
    expect((await judge(text))[0]).toMatch(/^packages\/wire\/src\/extra\.ts:\d exports limit without a docstring$/);
  });

  it("takes an export with a docstring, and does not ask one of what is not reachable", async () => {
    expect(await judge("/** In bytes. */\nexport const limit = 1;")).toEqual([]);
    expect(await judge("export const limit = 1;", "/** X. */\nexport const own = 1;")).toEqual([]);
  });

  it("follows a re-export by name to its declaration", async () => {
    const text = "const limit = 1;\nexport { limit };\nexport const other = 2;";
    expect(await judge(text, 'export { limit } from "./extra.ts";')).toEqual([
      "packages/wire/src/extra.ts:1 exports limit without a docstring",
    ]);
  });

  it("counts functions, classes, interfaces and types", async () => {
    const text = "export function a() {}\nexport class B {}\nexport interface C {}\nexport type D = 1;\nexport const e = 1, f = 2;";
    expect(await judge(text)).toHaveLength(6);
  });
});
