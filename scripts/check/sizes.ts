import type { Law } from "./law.ts";
import { isTest } from "./packages.ts";
import { countCodeLines, findCallee, findLine, walk, type SyntaxNode } from "./source-module.ts";

const maxFileLines = 300;
const maxFunctionLines = 50;
const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const testWords = new Set(["describe", "it", "test", "beforeAll", "beforeEach", "afterAll", "afterEach"]);

/** The function given to `describe` or `it`, and a suite for other people's tests: a list of sentences, not one idea. */
function isTestBody(path: string, node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (path.endsWith("-suite.ts") && parent?.type === "ExportNamedDeclaration") return true;
  if (!isTest(path) && !path.endsWith("-suite.ts")) return false;
  return parent?.type === "CallExpression" && parent["callee"] !== node && testWords.has(findCallee(parent["callee"]) ?? "");
}

/** No file over 300 lines, no function over 50 lines of code. Blocks of `describe` and `it` are not functions here. */
export const sizes: Law = (tree) => {
  const paths = tree.paths(/\.m?ts$/);
  const violations: string[] = [];
  let functions = 0;
  for (const path of paths) {
    const module = tree.module(path);
    const lines = module.text.split("\n").length - 1;
    if (lines > maxFileLines) violations.push(`${path} has ${lines} lines, more than ${maxFileLines}`);
    walk(module.program, (node, [parent]) => {
      if (!functionTypes.has(node.type)) return;
      functions += 1;
      if (isTestBody(path, node, parent)) return;
      const length = countCodeLines(module, node);
      if (length <= maxFunctionLines) return;
      violations.push(`${path}:${findLine(module.text, node.start)} is a function of ${length} lines, more than ${maxFunctionLines}`);
    });
  }
  return { looked: functions, counted: `functions in ${paths.length} files`, violations };
};
