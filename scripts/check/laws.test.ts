import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { formatReport, isKept } from "./law.ts";
import { laws } from "./laws.ts";
import { readTree } from "./tree.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("a law that looked at nothing is not kept", () => {
  expect(isKept({ looked: 0, counted: "files", violations: [] })).toBe(false);
  expect(formatReport("sizes", { looked: 0, counted: "files", violations: [] })).toContain("it proves nothing");
});

it("a report names each violation on a line of its own", () => {
  expect(formatReport("sizes", { looked: 2, counted: "files", violations: ["a.ts is long"] })).toBe(
    "FAIL  sizes         2 files\n      a.ts is long",
  );
});

it("ARCHITECTURE.md lists every law", () => {
  const text = readTree(root).text("ARCHITECTURE.md");
  for (const name of Object.keys(laws)) expect(text).toContain(`\`${name}\``);
});

it("the tree has files that git does not know yet, and none that it ignores", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-tree-"));
  try {
    execFileSync("git", ["init", "-q"], { cwd: folder });
    mkdirSync(join(folder, "dist"));
    writeFileSync(join(folder, ".gitignore"), "dist/\n");
    writeFileSync(join(folder, "new.ts"), "export {};\n");
    writeFileSync(join(folder, "dist", "built.ts"), "");
    writeFileSync(join(folder, "picture.bin"), Buffer.from([1, 0, 2]));
    expect(readTree(folder).paths(/./)).toEqual([".gitignore", "new.ts"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
