import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FencedBlock } from "./markdown.ts";

const run = promisify(execFile);

function writeProject(folder: string, blocks: readonly FencedBlock[]): void {
  for (const [index, block] of blocks.entries()) writeFileSync(join(folder, `block-${index}.ts`), `${block.body}\nexport {};\n`);
  const compilerOptions = { noEmit: true, isolatedDeclarations: false, rewriteRelativeImportExtensions: false, noUnusedLocals: false };
  const project = { extends: "../../tsconfig.base.json", compilerOptions, include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
}

/** One line for each complaint, with the document and line of its block in the place of the temporary file. */
function parseComplaints(output: string, blocks: readonly FencedBlock[]): readonly string[] {
  const complaints = output.split("\n").flatMap((line) => {
    const [, index, rest] = /^.*?block-(\d+)\.ts(.*)$/.exec(line) ?? [];
    const block = blocks[Number(index)];
    return block === undefined ? [] : [`${block.path}:${block.line} block${rest ?? ""}`];
  });
  return complaints.length > 0
    ? complaints
    : ["the examples cannot be judged, because the project itself does not compile: npm run check:types"];
}

/** Compiles TypeScript blocks, each a module of its own, inside the project so that they find its packages. */
export async function compileBlocks(root: string, blocks: readonly FencedBlock[]): Promise<readonly string[]> {
  if (blocks.length === 0) return [];
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache", "examples-"));
  try {
    writeProject(folder, blocks);
    await run(join(root, "node_modules", ".bin", "tsc"), ["-p", folder, "--pretty", "false"], { cwd: folder });
    return [];
  } catch (error) {
    return parseComplaints(error instanceof Error && "stdout" in error ? String(error.stdout) : String(error), blocks);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
