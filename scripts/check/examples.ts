import { compileBlocks } from "./compile-blocks.ts";
import type { Law } from "./law.ts";
import { parseBlocks, type FencedBlock } from "./markdown.ts";
import { runBlock } from "./run-block.ts";

/** How a block of a language is proven, which the comment before it says. */
const proofs: Readonly<Record<string, "compile" | "run">> = { ts: "compile", sh: "run", bash: "run", console: "run" };

function isProven(block: FencedBlock): boolean {
  return block.mark !== undefined && block.mark === proofs[block.language];
}

function judgeMark(block: FencedBlock): string | undefined {
  if (isProven(block) || /^shown: ./.test(block.mark ?? "")) return undefined;
  const wanted = `put <!-- ${proofs[block.language] ?? ""} --> or <!-- shown: why not --> before it`;
  return `${block.path}:${block.line} ${block.language} block has no mark: ${wanted}`;
}

/** Every TypeScript example compiles and every command runs, or says on the spot why it is only shown. */
export const examples: Law = async (tree) => {
  const paths = tree.paths(/^([A-Z]+\.md|(docs|packages|examples|bench|test)\/.*\.md)$/);
  const blocks = paths.flatMap((path) => parseBlocks(path, tree.text(path))).filter((block) => proofs[block.language] !== undefined);
  const proven = blocks.filter(isProven);
  const violations = blocks.flatMap((block) => judgeMark(block) ?? []);
  violations.push(
    ...(await compileBlocks(
      tree.root,
      proven.filter((block) => block.mark === "compile"),
    )),
  );
  for (const block of proven.filter((each) => each.mark === "run")) violations.push(...(await runBlock(tree.root, block)));
  return { looked: proven.length, counted: `examples compiled or run, of ${blocks.length}`, violations };
};
