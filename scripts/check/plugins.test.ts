import { describe, expect, it } from "vitest";
import { makeTree } from "./made-up-tree.ts";
import { plugins } from "./plugins.ts";

const short = "call();\n";
const judge = async (texts: Readonly<Record<string, string>>): Promise<readonly string[]> => (await plugins(makeTree(texts))).violations;
const judgeMain = async (text: string): Promise<readonly string[]> =>
  await judge({ "examples/a/main.ts": text, "examples/b/main.ts": short });

describe("the plugins law", () => {
  it("refuses an example of eleven lines", async () => {
    expect(await judgeMain(short.repeat(10))).toEqual([]);
    expect(await judgeMain(`const provider = {\n${"  member,\n".repeat(9)}};\n`)).toEqual([
      "examples/a has 11 lines of own code, more than 10",
    ]);
  });

  it("does not count imports, comments and blank lines", async () => {
    const imports = 'import {\n  one,\n  two,\n} from "x";\nimport type { Three } from "y";\n';
    const rest = `\n// why\n/*\n * what for\n */\n${"const f = () => {\n  // here\n\n  call();\n};\n".repeat(3)}${short}`;
    expect(await judgeMain(`#!/usr/bin/env node\n${imports}${rest}`)).toEqual([]);
    expect(await judgeMain(`#!/usr/bin/env node\n${imports}${rest}${short}`)).toHaveLength(1);
  });

  it("counts all files of one example together", async () => {
    const texts = { "examples/a/main.ts": short.repeat(6), "examples/a/more/part.ts": short.repeat(5), "examples/b/main.ts": short };
    expect(await judge(texts)).toEqual(["examples/a has 11 lines of own code, more than 10"]);
  });

  it("wants two examples to look at", async () => {
    expect(await judge({ "examples/a/main.ts": short })).toEqual(["examples has 1 plugins, fewer than 2"]);
    expect(await plugins(makeTree({ "examples/README.md": "" }))).toMatchObject({ looked: 0 });
  });
});
