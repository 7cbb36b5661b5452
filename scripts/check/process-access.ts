import { basename } from "node:path";
import type { Law } from "./law.ts";
import { isTest } from "./packages.ts";
import { findLine, findStringLiteral, isSyntaxNode, walk, type SyntaxNode } from "./source-module.ts";

function isNamed(node: unknown, ...names: readonly string[]): boolean {
  return isSyntaxNode(node) && node.type === "Identifier" && names.includes(String(node["name"]));
}

function isMemberName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === "MemberExpression") return parent["property"] === node && parent["computed"] === false;
  return parent["key"] === node && parent["computed"] === false && parent["shorthand"] !== true;
}

function isProcessAccess(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (findStringLiteral(node["source"]) === "node:process" || findStringLiteral(node["source"]) === "process") return true;
  if (isNamed(node, "process")) return !isMemberName(node, parent);
  if (node.type !== "MemberExpression" || !isNamed(node["object"], "globalThis", "global")) return false;
  return isNamed(node["property"], "process") || findStringLiteral(node["property"]) === "process";
}

/** Only a `main.ts` touches `process`: everything else gets its effects from the Host, so that a test can hand in another. */
export const processAccess: Law = (tree) => {
  const paths = tree.paths(/^(packages\/[^/]+\/src|examples)\/.*\.ts$/);
  const judged = paths.filter((path) => basename(path) !== "main.ts" && !isTest(path));
  const violations = judged.flatMap((path) => {
    const module = tree.module(path);
    const found: string[] = [];
    walk(module.program, (node, [parent]) => {
      if (isProcessAccess(node, parent)) found.push(`${path}:${findLine(module.text, node.start)} touches process; take it from the Host`);
    });
    return found;
  });
  return { looked: judged.length, counted: "modules", violations };
};
