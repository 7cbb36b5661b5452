import { errorCatalogue } from "@kubepass/wire";
import type { Law } from "./law.ts";
import { isTest } from "./packages.ts";
import { findLine, findStringLiteral, isSyntaxNode, walk } from "./source-module.ts";
import type { Tree } from "./tree.ts";

const cataloguePath = "packages/wire/src/errors.ts";
const documentPath = "docs/errors.md";

interface ThrownCode {
  readonly code: string;
  readonly place: string;
}

function findThrown(tree: Tree, path: string): readonly ThrownCode[] {
  const module = tree.module(path);
  const thrown: ThrownCode[] = [];
  walk(module.program, (node) => {
    const callee = node["callee"];
    if (node.type !== "NewExpression" || !isSyntaxNode(callee) || callee["name"] !== "CredentialError") return;
    const code = Array.isArray(node["arguments"]) ? findStringLiteral(node["arguments"][0]) : undefined;
    if (code !== undefined) thrown.push({ code, place: `${path}:${findLine(module.text, node.start)}` });
  });
  return thrown;
}

/** Codes that occur as a string anywhere outside the catalogue: thrown directly, or chosen from a table. */
function findMentioned(tree: Tree, paths: readonly string[]): ReadonlySet<string> {
  const mentioned = new Set<string>();
  for (const path of paths) {
    walk(tree.module(path).program, (node) => {
      const text = findStringLiteral(node);
      if (text !== undefined) mentioned.add(text);
    });
  }
  return mentioned;
}

/** Makes the law for a catalogue; the project's own is {@link errors}. */
export function createErrorsLaw(catalogue: readonly string[]): Law {
  return (tree) => {
    const paths = tree.paths(/^packages\/[^/]+\/src\/.*\.ts$/).filter((path) => !isTest(path));
    const thrown = paths.flatMap((path) => findThrown(tree, path));
    const used = findMentioned(
      tree,
      paths.filter((path) => path !== cataloguePath),
    );
    const usedInCatalogue = new Set(thrown.filter((each) => each.place.startsWith(cataloguePath)).map((each) => each.code));
    const documented = tree.has(documentPath) ? tree.text(documentPath) : "";
    const violations = [
      ...thrown
        .filter((each) => !catalogue.includes(each.code))
        .map((each) => `${each.place} throws ${each.code}, which is not in errorCatalogue`),
      ...catalogue
        .filter((code) => !documented.includes(`\`${code}\``))
        .map((code) => `${code} is not in ${documentPath}: npm run docs:errors`),
      ...catalogue
        .filter((code) => !used.has(code) && !usedInCatalogue.has(code))
        .map((code) => `${code} is in errorCatalogue but nothing throws it`),
    ];
    return { looked: thrown.length, counted: `throws, ${catalogue.length} codes`, violations };
  };
}

/** Every code that is thrown is in the catalogue; every code of the catalogue is thrown somewhere and explained in docs/errors.md. */
export const errors: Law = createErrorsLaw(Object.keys(errorCatalogue));
