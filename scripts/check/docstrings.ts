import { formatPlace, listPublicNames, type PublicName } from "./exports.ts";
import type { Law } from "./law.ts";
import { listPackages } from "./packages.ts";

function hasDocstring({ module, statement }: PublicName): boolean {
  const before = module.comments.findLast((comment) => comment.end <= statement.start);
  if (before === undefined || before.type !== "Block" || !before.value.startsWith("*")) return false;
  return module.text.slice(before.end, statement.start).trim() === "" && before.value.replace(/[\s*]/g, "").length > 0;
}

/** Everything that a published package exports has a docstring. */
export const docstrings: Law = (tree) => {
  const published = listPackages(tree).filter((each) => !each.isPrivate);
  const names = published.flatMap((each) => listPublicNames(tree, each));
  const violations = names
    .filter((each) => !hasDocstring(each))
    .map((each) => `${formatPlace(each)} exports ${each.name} without a docstring`);
  return { looked: names.length, counted: "exports", violations: [...new Set(violations)] };
};
