import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { examples } from "./examples.ts";
import { makeTree } from "./made-up-tree.ts";
import { parseBlocks } from "./markdown.ts";
import { isPrinted, parseSteps } from "./run-block.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const fence = (mark: string, language: string, body: string): string => `${mark}\n\`\`\`${language}\n${body}\n\`\`\`\n`;
const judge = async (text: string): Promise<readonly string[]> => (await examples(makeTree({ "README.md": text }, root))).violations;

describe("the examples law", () => {
  it("refuses an example that is neither proven nor excused", async () => {
    expect(await judge(fence("Text.", "sh", "true"))).toEqual([
      "README.md:2 sh block has no mark: put <!-- run --> or <!-- shown: why not --> before it",
    ]);
    expect((await judge(fence("<!-- run -->", "ts", "")))[0]).toContain("put <!-- compile -->");
    expect(await judge(fence("<!-- shown: -->", "sh", "false"))).toHaveLength(1);
    expect(await judge(fence("<!-- shown: needs a cluster -->", "sh", "false"))).toEqual([]);
  });

  it("refuses a command that fails or does not exist", async () => {
    expect((await judge(fence("<!-- run -->", "sh", "true\nno-such-command --help")))[0]).toMatch(
      /^README\.md:2 "true" fails: .*no-such-command/s,
    );
    expect(await judge(fence("<!-- run -->", "sh", "test -f package.json"))).toEqual([]);
  });

  it("refuses a command that prints something else than the example says", async () => {
    expect((await judge(fence("<!-- run -->", "console", "$ echo anna\nbert")))[0]).toContain('"echo anna" prints something else');
    expect(await judge(fence("<!-- run -->", "console", "$ echo anna\nanna\n$ echo 12 ms\n… ms"))).toEqual([]);
  });

  it("refuses a block that is to be run and holds no command", async () => {
    expect(await judge(fence("<!-- run -->", "console", "echo anna"))).toEqual([
      'README.md:2 holds no command: a line that begins with "$ "',
    ]);
  });

  it("runs commands in an empty home folder", async () => {
    expect(await judge(fence("<!-- run -->", "sh", 'test -z "$(ls "$HOME")"'))).toEqual([]);
  });

  it("refuses TypeScript that does not compile, and names the block", async () => {
    const good = fence("<!-- compile -->", "ts", 'import { Secret } from "@kubepass/wire";\nconsole.log(String(new Secret("x")));');
    const bad = fence("<!-- compile -->", "ts", 'import { Secrets } from "@kubepass/wire";\nconsole.log(Secrets);');
    const violations = await judge(good + bad);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatch(/^README\.md:7 block.*Secrets/);
  });

  it("looks at nothing when nothing is proven", async () => {
    expect((await examples(makeTree({ "README.md": fence("<!-- shown: x -->", "sh", "true") }, root))).looked).toBe(0);
  });
});

describe("an example's block", () => {
  it("is found with its mark, and a longer fence holds a shorter one", () => {
    const blocks = parseBlocks("a.md", "<!-- run -->\n\n````sh\n```\nx\n```\n````\n");
    expect(blocks).toEqual([{ path: "a.md", line: 3, language: "sh", body: "```\nx\n```", mark: "run" }]);
  });

  it("has one step for each prompt", () => {
    const [block] = parseBlocks("a.md", "```console\n$ one\n1\n$ two\n```");
    expect(block === undefined ? [] : parseSteps(block)).toEqual([
      { command: "one", expected: "1" },
      { command: "two", expected: "" },
    ]);
  });

  it("may leave out what changes", () => {
    expect(isPrinted("took … ms (x)", "took 12 ms (x)\n")).toBe(true);
    expect(isPrinted("took … ms", "took 12 s")).toBe(false);
  });
});
