import { parseSync } from "oxc-parser";

/** A node of the ESTree that the parser returns. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/** An import or re-export of another module, with the line it stands on. */
export interface ImportEdge {
  readonly specifier: string;
  readonly line: number;
}

/** One parsed TypeScript file. */
export interface SourceModule {
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly { readonly type: "Line" | "Block"; readonly value: string; readonly start: number; readonly end: number }[];
  readonly imports: readonly ImportEdge[];
}

/** Whether a value met in the tree is a node. */
export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "start" in value;
}

/** The line (from 1) of an offset. */
export function findLine(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Lines of a node with code on them: blank lines and lines of comment cost a reader little. */
export function countCodeLines(module: SourceModule, node: SyntaxNode): number {
  let text = module.text.slice(node.start, node.end);
  for (const comment of module.comments) {
    if (comment.start < node.start || comment.end > node.end) continue;
    const from = comment.start - node.start;
    const length = comment.end - comment.start;
    text = text.slice(0, from) + text.slice(from, from + length).replace(/[^\n]/g, " ") + text.slice(from + length);
  }
  return text.split("\n").filter((line) => line.trim() !== "").length;
}

/** Calls `visit` for a node and everything below it; `ancestors` has the nearest first. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void,
  ancestors: readonly SyntaxNode[] = [],
): void {
  visit(node, ancestors);
  const below = [node, ...ancestors];
  for (const member of Object.values(node)) {
    for (const value of Array.isArray(member) ? member : [member]) {
      if (isSyntaxNode(value)) walk(value, visit, below);
    }
  }
}

/** The text of a string literal node; `undefined` for anything else. */
export function findStringLiteral(node: unknown): string | undefined {
  return isSyntaxNode(node) && node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;
}

/** The name that a call begins with: `it` in `it.each([…])(…)`. */
export function findCallee(node: unknown): string | undefined {
  if (!isSyntaxNode(node)) return undefined;
  if (node.type === "Identifier") return typeof node["name"] === "string" ? node["name"] : undefined;
  return findCallee(node["object"] ?? node["callee"] ?? node["tag"]);
}

function findImports(program: SyntaxNode, text: string): readonly ImportEdge[] {
  const edges: ImportEdge[] = [];
  walk(program, (node) => {
    const specifier = findStringLiteral(node["source"]) ?? (node.type === "TSImportType" ? findStringLiteral(node["argument"]) : undefined);
    if (specifier !== undefined) edges.push({ specifier, line: findLine(text, node.start) });
  });
  return edges;
}

/** Parses a TypeScript file. Throws when it has syntax errors. */
export function parseModule(path: string, text: string): SourceModule {
  const parsed = parseSync(path, text);
  const [problem] = parsed.errors;
  if (problem !== undefined) throw new Error(`${path} cannot be parsed: ${problem.message}`);
  const program: unknown = parsed.program;
  if (!isSyntaxNode(program)) throw new Error(`${path} has no syntax tree`);
  return { path, text, program, comments: parsed.comments, imports: findImports(program, text) };
}
