import type { Law } from "./law.ts";
import { countCodeLines, isSyntaxNode, type SourceModule } from "./source-module.ts";

const maxOwnLines = 10;
const minPlugins = 2;

function countOwnLines(module: SourceModule): number {
  const { body } = module.program;
  const statements = Array.isArray(body) ? body.filter(isSyntaxNode).filter(({ type }) => type !== "ImportDeclaration") : [];
  return statements.reduce((sum, statement) => sum + countCodeLines(module, statement), 0);
}

/** A whole plugin takes at most ten lines of code; imports, comments and blank lines are none. All files of its folder count together. */
export const plugins: Law = (tree) => {
  const lines = new Map<string, number>();
  for (const path of tree.paths(/^examples\/[^/]+\/.*\.[cm]?[jt]s$/)) {
    const folder = path.split("/").slice(0, 2).join("/");
    lines.set(folder, (lines.get(folder) ?? 0) + countOwnLines(tree.module(path)));
  }
  const long = [...lines].filter(([, count]) => count > maxOwnLines);
  const violations = long.map(([folder, count]) => `${folder} has ${count} lines of own code, more than ${maxOwnLines}`);
  if (lines.size < minPlugins) violations.push(`examples has ${lines.size} plugins, fewer than ${minPlugins}`);
  return { looked: lines.size, counted: `example plugins of ${[...lines.values()].join(" and ")} lines`, violations };
};
