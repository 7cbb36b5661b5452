import { posix } from "node:path";
import { isJsonObject } from "@kubepass/wire";
import type { Law } from "./law.ts";
import { findLinks, formatAnchor } from "./markdown.ts";
import { findLine } from "./source-module.ts";
import type { Tree } from "./tree.ts";

function hasPath(tree: Tree, path: string): boolean {
  return tree.has(path) || tree.paths(/./).some((each) => each.startsWith(`${path.replace(/\/$/, "")}/`));
}

function hasAnchor(tree: Tree, path: string, anchor: string): boolean {
  return [...tree.text(path).matchAll(/^#+ (.+)$/gm)].some(([, heading]) => formatAnchor(heading ?? "") === anchor);
}

function judgeLink(tree: Tree, path: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? path : posix.join(posix.dirname(path), file);
  if (!hasPath(tree, target)) return `${path} links to ${link}, which does not exist`;
  if (anchor !== undefined && tree.has(target) && !hasAnchor(tree, target, anchor))
    return `${path} links to ${link}, which has no such heading`;
  return undefined;
}

function findScripts(tree: Tree): readonly string[] {
  const manifest: unknown = JSON.parse(tree.text("package.json"));
  const scripts = isJsonObject(manifest) ? manifest["scripts"] : undefined;
  return isJsonObject(scripts) ? Object.keys(scripts) : [];
}

function judgeCommands(scripts: readonly string[], path: string, text: string): readonly string[] {
  const named = [...text.matchAll(/npm run ([a-z][\w:-]*)|npm (test)\b/g)].flatMap(([, script, verb]) => script ?? verb ?? []);
  const missing = [...new Set(named)].filter((name) => !scripts.includes(name));
  return missing.map((name) => `${path} names npm script ${name}, which package.json lacks`);
}

// Notes that were written before the project and are not part of it.
const foreignDocuments = /\b(design|field|kubelogin|aesthetics)\.md\b/;
const statementsPath = "docs/security-statements.md";

/** What comments point at: documents, and the numbered statements on security. */
function judgeComments(tree: Tree, path: string): readonly string[] {
  const module = tree.module(path);
  const statements = tree.has(statementsPath) ? tree.text(statementsPath) : "";
  return module.comments.flatMap(({ value, start }) => {
    const place = `${path}:${findLine(module.text, start)}`;
    const documents = [...value.matchAll(/\bdocs\/[\w./-]+\.md\b/g)]
      .map(([document]) => document)
      .filter((document) => !tree.has(document));
    const numbers = [...value.matchAll(/\bS\d{1,2}\b/g)]
      .map(([number]) => number)
      .filter((number) => !statements.includes(`| ${number} |`));
    const foreign = foreignDocuments.exec(value)?.[0];
    return [
      ...documents.map((document) => `${place} points at ${document}, which does not exist`),
      ...numbers.map((number) => `${place} points at ${number}, which is not in ${statementsPath}`),
      ...(foreign === undefined ? [] : [`${place} points at ${foreign}, which is not part of the project: say ARCHITECTURE.md or docs/…`]),
    ];
  });
}

/** Links between files and pointers in comments lead somewhere, and every npm script that a document names exists. */
export const links: Law = (tree) => {
  const paths = tree.paths(/\.md$/);
  const scripts = findScripts(tree);
  const judged = paths.flatMap((path) => findLinks(tree.text(path)).map((link) => ({ path, link })));
  const violations = [
    ...judged.flatMap(({ path, link }) => judgeLink(tree, path, link) ?? []),
    ...tree.paths(/\.ts$/).flatMap((path) => judgeComments(tree, path)),
    ...paths.flatMap((path) => judgeCommands(scripts, path, tree.text(path))),
  ];
  return { looked: judged.length, counted: `links in ${paths.length} documents`, violations };
};
