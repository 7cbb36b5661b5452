import { describe, expect, it } from "vitest";
import { dependencies } from "./dependencies.ts";
import { makeTree } from "./made-up-tree.ts";

const row = "| `uqr` | plugin-sdk | draws QR codes | 60 KiB | own drawing |\n";
const judge = async (texts: Record<string, string>): Promise<readonly string[]> => (await dependencies(makeTree(texts))).violations;

describe("the dependencies law", () => {
  it("is kept when each run-time dependency has its row", async () => {
    expect(await judge({ "docs/dependencies.md": row })).toEqual([]);
  });

  it("refuses a dependency without a row", async () => {
    expect(await judge({})).toEqual(["uqr has no row in docs/dependencies.md"]);
    expect(await judge({ "docs/dependencies.md": "uqr is fine" })).toEqual(["uqr has no row in docs/dependencies.md"]);
  });

  it("refuses a row without a reason, a size or a replacement", async () => {
    expect((await judge({ "docs/dependencies.md": "| `uqr` | plugin-sdk |  | 60 KiB | own |" }))[0]).toContain(
      "leaves a cell of uqr empty",
    );
    expect((await judge({ "docs/dependencies.md": "| `uqr` | plugin-sdk |" }))[0]).toContain("leaves a cell of uqr empty");
  });

  it("refuses a row that nobody needs any more", async () => {
    expect(await judge({ "docs/dependencies.md": `${row}| \`left-pad\` | cli | pads | 1 KiB | nothing |` })).toEqual([
      "docs/dependencies.md has a row for left-pad, which nobody depends on",
    ]);
  });

  it("refuses a version that can move", async () => {
    const manifest = JSON.stringify({ name: "@kubepass/wire", dependencies: { uqr: "^0.1.3" } });
    expect(await judge({ "docs/dependencies.md": row, "packages/wire/package.json": manifest })).toEqual([
      "@kubepass/wire wants uqr ^0.1.3: pin one version",
    ]);
  });
});
