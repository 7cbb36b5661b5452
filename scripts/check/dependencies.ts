import type { Law } from "./law.ts";
import { listPackages } from "./packages.ts";

const documentPath = "docs/dependencies.md";

/** The cells of the table row whose first cell is the package's name in backticks. */
function findRow(document: string, name: string): readonly string[] | undefined {
  const rows = document.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return cells.find(([first]) => first === `\`${name}\``);
}

function judgeRow(row: readonly string[] | undefined, name: string): readonly string[] {
  if (row === undefined) return [`${name} has no row in ${documentPath}`];
  if (row.length < 5 || row.some((cell) => cell === ""))
    return [`${documentPath} leaves a cell of ${name} empty: name, used by, why, size, what would replace it`];
  return [];
}

/** Each run-time dependency is pinned to one version and has its reason, size and replacement written down; no row is left behind. */
export const dependencies: Law = (tree) => {
  const document = tree.has(documentPath) ? tree.text(documentPath) : "";
  const packages = listPackages(tree);
  const own = new Set(packages.map((each) => each.name));
  const foreign = packages
    .filter((each) => !each.isPrivate)
    .flatMap((each) => Object.entries(each.dependencies).map(([name, version]) => ({ name, version, owner: each.name })));
  const thirdParty = foreign.filter((each) => !own.has(each.name));
  const names = [...new Set(thirdParty.map((each) => each.name))];
  const listed = [...document.matchAll(/^\| `([^`]+)`/gm)].flatMap(([, name]) => name ?? []);
  const violations = [
    ...foreign
      .filter((each) => !/^\d+\.\d+\.\d+$/.test(each.version))
      .map((each) => `${each.owner} wants ${each.name} ${each.version}: pin one version`),
    ...names.flatMap((name) => judgeRow(findRow(document, name), name)),
    ...listed.filter((name) => !names.includes(name)).map((name) => `${documentPath} has a row for ${name}, which nobody depends on`),
  ];
  return { looked: names.length, counted: "run-time dependencies", violations };
};
