import { describe, expect, it } from "vitest";
import { links } from "./links.ts";
import { makeTree } from "./made-up-tree.ts";

const judge = async (text: string): Promise<readonly string[]> =>
  (await links(makeTree({ "docs/guide.md": text, "README.md": "# The pass\n## Exit codes: all\n" }))).violations;

describe("the links law", () => {
  it("takes files, folders, headings and the web", async () => {
    const text = "# Top\n[a](../README.md) [b](../packages/wire) [c](../README.md#exit-codes-all) [d](#top) [e](https://kubernetes.io)";
    expect(await judge(text)).toEqual([]);
  });

  it.each([
    ["[a](gone.md)", "docs/guide.md links to gone.md, which does not exist"],
    ["[a](../README.md#entry-codes)", "docs/guide.md links to ../README.md#entry-codes, which has no such heading"],
    ["`npm run chekc`", "docs/guide.md names npm script chekc, which package.json lacks"],
    ["```sh\nnpm test\n```", "docs/guide.md names npm script test, which package.json lacks"],
  ])("refuses %s", async (text, violation) => {
    expect(await judge(text)).toEqual([violation]);
  });

  it("takes a script that exists, and links inside code for text", async () => {
    expect(await judge("`npm run check` `[a](gone.md)`\n```\n[a](gone.md)\n```\n")).toEqual([]);
  });

  it("refuses a comment that points at nothing, and takes one that points at something", async () => {
    const comment = "/* docs/gone.md */\n/* design.md */\n/* S3, S4 */\n/* docs/guide.md */ export const path = 'docs/gone.md';";
    const tree = makeTree({ "docs/guide.md": "[a](#b)\n# b", "docs/security-statements.md": "| S3 | x |", "scripts/x.ts": comment });
    expect((await links(tree)).violations).toEqual([
      "scripts/x.ts:1 points at docs/gone.md, which does not exist",
      "scripts/x.ts:2 points at design.md, which is not part of the project: say ARCHITECTURE.md or docs/…",
      "scripts/x.ts:3 points at S4, which is not in docs/security-statements.md",
    ]);
  });
});
