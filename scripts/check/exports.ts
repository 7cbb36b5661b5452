import { posix } from "node:path";
import type { WorkspacePackage } from "./packages.ts";
import { findLine, findStringLiteral, isSyntaxNode, type SourceModule, type SyntaxNode } from "./source-module.ts";
import type { Tree } from "./tree.ts";

/** One exported declaration with where it is made. */
export interface PublicName {
  readonly name: string;
  readonly module: SourceModule;
  /** The export statement, which the docstring stands before. */
  readonly statement: SyntaxNode;
}

function listNodes(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isSyntaxNode) : [];
}

function findName(node: unknown): string | undefined {
  if (!isSyntaxNode(node)) return undefined;
  return typeof node["name"] === "string" ? node["name"] : findStringLiteral(node);
}

/** The names that one statement declares. */
function findDeclared(declaration: SyntaxNode): readonly string[] {
  const variables = listNodes(declaration["declarations"]);
  return (variables.length > 0 ? variables : [declaration]).flatMap((each) => findName(each["id"]) ?? []);
}

function findDeclaration(module: SourceModule, name: string): SyntaxNode | undefined {
  return listNodes(module.program["body"]).find((statement) => {
    const declaration = isSyntaxNode(statement["declaration"]) ? statement["declaration"] : statement;
    return findDeclared(declaration).includes(name);
  });
}

function listSpecifiers(tree: Tree, module: SourceModule, statement: SyntaxNode): readonly PublicName[] {
  const source = findStringLiteral(statement["source"]);
  const names = listNodes(statement["specifiers"]).flatMap((each) => findName(each["local"]) ?? []);
  const origin = source === undefined ? module : findModule(tree, module, source);
  if (origin === undefined) return [];
  return names.flatMap((name) => {
    const declared = findDeclaration(origin, name);
    if (declared !== undefined) return [{ name, module: origin, statement: declared }];
    return listModule(tree, origin).filter((each) => each.name === name);
  });
}

function findModule(tree: Tree, from: SourceModule, specifier: string): SourceModule | undefined {
  const path = posix.join(posix.dirname(from.path), specifier);
  return specifier.startsWith(".") && tree.has(path) ? tree.module(path) : undefined;
}

function listStatement(tree: Tree, module: SourceModule, statement: SyntaxNode): readonly PublicName[] {
  if (statement.type === "ExportAllDeclaration") {
    const target = findModule(tree, module, findStringLiteral(statement["source"]) ?? "");
    return target === undefined ? [] : listModule(tree, target);
  }
  if (statement.type !== "ExportNamedDeclaration") return [];
  const declaration = statement["declaration"];
  if (!isSyntaxNode(declaration)) return listSpecifiers(tree, module, statement);
  return findDeclared(declaration).map((name) => ({ name, module, statement }));
}

function listModule(tree: Tree, module: SourceModule): readonly PublicName[] {
  return listNodes(module.program["body"]).flatMap((statement) => listStatement(tree, module, statement));
}

/** Everything a package's users can import, re-exports followed to the declaration. */
export function listPublicNames(tree: Tree, each: WorkspacePackage): readonly PublicName[] {
  return each.entries.filter((entry) => tree.has(entry)).flatMap((entry) => listModule(tree, tree.module(entry)));
}

/** `path:line` of a public name. */
export function formatPlace(each: PublicName): string {
  return `${each.module.path}:${findLine(each.module.text, each.statement.start)}`;
}
