import { describe, expect, it } from "vitest";
import { makeTree } from "./made-up-tree.ts";
import { sizes } from "./sizes.ts";

const judge = async (path: string, text: string): Promise<readonly string[]> => (await sizes(makeTree({ [path]: text }))).violations;
const statements = (count: number): string => "  call();\n".repeat(count);

describe("the sizes law", () => {
  it("refuses a file of 301 lines, a test too", async () => {
    expect(await judge("packages/wire/src/long.ts", "// line\n".repeat(300))).toEqual([]);
    expect(await judge("packages/wire/src/long.test.ts", "// line\n".repeat(301))).toEqual([
      "packages/wire/src/long.test.ts has 301 lines, more than 300",
    ]);
  });

  it.each([
    ["a function", (body: string) => `function run() {\n${body}}\n`],
    ["an arrow function", (body: string) => `const run = () => {\n${body}};\n`],
    ["a method", (body: string) => `class Runner {\nrun() {\n${body}}\n}\n`],
    ["the reason of a promise", (body: string) => `new Promise(() => {\n${body}});\n`],
  ])("refuses %s of 51 lines", async (_, wrap) => {
    expect(await judge("scripts/long.ts", wrap(statements(48)))).toEqual([]);
    expect((await judge("scripts/long.ts", wrap(statements(49))))[0]).toMatch(/^scripts\/long\.ts:\d is a function of 51 lines/);
  });

  it("does not count blank lines and comments", async () => {
    expect(
      await judge("scripts/long.ts", `function run() {\n${statements(40)}${"\n".repeat(20)}${"  // why\n".repeat(20)}/*\n\n\n*/\n}\n`),
    ).toEqual([]);
  });

  it("lets describe, it and it.each be long in a test, and nothing else", async () => {
    const test = `describe("x", () => {\n${statements(60)}});\nit.each([1])("y", () => {\n${statements(60)}});\n`;
    expect(await judge("scripts/long.test.ts", test)).toEqual([]);
    expect(await judge("scripts/long.ts", test)).toHaveLength(2);
    expect(await judge("scripts/long.test.ts", `function makeServer() {\n${statements(60)}}\n`)).toHaveLength(1);
  });

  it("lets an exported suite be long, but not the functions beside it", async () => {
    const suite = (head: string): string => `${head} function testStore() {\n${statements(60)}}\n`;
    expect(await judge("packages/plugin-sdk/src/testing/store-suite.ts", suite("export"))).toEqual([]);
    expect(await judge("packages/plugin-sdk/src/testing/store-suite.ts", suite(""))).toHaveLength(1);
    expect(await judge("packages/plugin-sdk/src/testing/store.ts", suite("export"))).toHaveLength(1);
  });
});
