import type { Law } from "./law.ts";
import { findCallee, findLine, isSyntaxNode, walk, type SourceModule, type SyntaxNode } from "./source-module.ts";

const testWords = new Set(["it", "test"]);
const suiteWords = new Set(["it", "test", "describe"]);
const forgottenWords = new Set(["skip", "only", "todo", "fails"]);
const mockWords = new Set(["mock", "doMock", "stubGlobal", "useFakeTimers", "spyOn"]);

/** The dotted names of a callee: `it.skip.each` gives `skip` and `each`. */
function listMembers(node: unknown): readonly string[] {
  if (!isSyntaxNode(node)) return [];
  const property = node["property"];
  const own = node.type === "MemberExpression" && isSyntaxNode(property) && typeof property["name"] === "string" ? [property["name"]] : [];
  return [...listMembers(node["object"] ?? node["callee"] ?? node["tag"]), ...own];
}

function judgeCall(node: SyntaxNode): string | undefined {
  const root = findCallee(node["callee"]) ?? "";
  const members = listMembers(node["callee"]);
  const forgotten = members.find((member) => forgottenWords.has(member));
  if (suiteWords.has(root) && forgotten !== undefined) return `${root}.${forgotten}: a test that does not run proves nothing`;
  const mock = members.find((member) => mockWords.has(member));
  if (root === "vi" && mock !== undefined) return `vi.${mock}: use a real server, a real folder, or the fake Host`;
  if (root === "setTimeout" || (root === "setInterval" && members.length === 0))
    return `${root}: turn the fake clock, or wait for what is to happen`;
  return undefined;
}

function judgeModule(module: SourceModule): { readonly tests: number; readonly violations: readonly string[] } {
  const violations: string[] = [];
  let tests = 0;
  walk(module.program, (node) => {
    // Of `it.each([…])(…)` the inner call is judged, and counted once.
    if (node.type !== "CallExpression" || (isSyntaxNode(node["callee"]) && node["callee"].type === "CallExpression")) return;
    if (testWords.has(findCallee(node["callee"]) ?? "")) tests += 1;
    const problem = judgeCall(node);
    if (problem !== undefined) violations.push(`${module.path}:${findLine(module.text, node.start)} ${problem}`);
  });
  if (module.imports.some((edge) => edge.specifier === "node:timers/promises"))
    violations.push(`${module.path} sleeps: turn the fake clock`);
  return { tests, violations };
}

/** Tests beside the code run always, mock no modules, and never sleep. Those of real programs may wait for them. */
export const tests: Law = (tree) => {
  const paths = tree.paths(/^(packages\/[^/]+\/src|scripts)\/.*\.test\.ts$/);
  const judged = paths.map((path) => judgeModule(tree.module(path)));
  return {
    looked: judged.reduce((sum, each) => sum + each.tests, 0),
    counted: `tests in ${paths.length} files`,
    violations: judged.flatMap((each) => each.violations),
  };
};
