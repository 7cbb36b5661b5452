import { childrenOf, type CelNode } from "./ast.ts";

function selects(node: CelNode, variable: string, field: string): boolean {
  if (node.kind === "select") return isVariable(node.operand, variable) && node.field === field;
  if (node.kind !== "call" || node.name !== "_?._") return false;
  const [operand, name] = node.arguments;
  return isVariable(operand, variable) && name?.kind === "literal" && name.value === field;
}

function isVariable(node: CelNode | undefined, variable: string): boolean {
  return node?.kind === "ident" && node.name === variable;
}

/** Whether a field of a variable is selected anywhere in an expression (kube-apiserver's `hasSelectExp`). */
export function usesField(node: CelNode, variable: string, field: string): boolean {
  return selects(node, variable, field) || childrenOf(node).some((child) => usesField(child, variable, field));
}
