import { posix } from "node:path";
import { formatPlace, listPublicNames } from "./exports.ts";
import type { Law } from "./law.ts";
import { listPackages } from "./packages.ts";
import type { Tree } from "./tree.ts";
import { splitWords } from "./words.ts";

// As a verb these say nothing; as a noun, `process` is the operating system's word.
const emptyVerbs = new Set(["handle", "process", "manage", "do", "perform"]);
const emptyNouns = new Set(["handler", "manager", "helper", "helpers", "util", "utils", "service", "data"]);
const emptyPlaces = new Set(["utils", "util", "helpers", "helper", "common", "core", "lib", "types", "misc", "shared"]);

function findEmptyWords(name: string): readonly string[] {
  const words = splitWords(name);
  const isFunctionName = /^\p{Ll}/u.test(name);
  return words.filter((word, index) => emptyNouns.has(word) || (index === 0 && isFunctionName && emptyVerbs.has(word)));
}

function judgePath(path: string): readonly string[] {
  const parts = path.split("/");
  const file = (parts.at(-1) ?? "").replace(/(\.test|\.config)?\.ts$/, "");
  const empty = [...parts.slice(0, -1), file].filter((part) => emptyPlaces.has(part));
  return [
    ...(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(file) ? [] : [`${path} is not kebab-case`]),
    ...empty.map((part) => `${path} says nothing with "${part}": a shared thing has a name`),
  ];
}

function judgePublicNames(tree: Tree): readonly string[] {
  return listPackages(tree).flatMap((each) =>
    listPublicNames(tree, each).flatMap((named) => {
      return findEmptyWords(named.name).map((word) => `${formatPlace(named)} exports ${named.name}: "${word}" says nothing`);
    }),
  );
}

/** Files are kebab-case, nothing is called utils or manager, and every package introduces itself in a README. */
export const names: Law = (tree) => {
  const paths = tree.paths(/\.ts$/).filter((path) => !path.startsWith("peers/"));
  const unread = listPackages(tree)
    .map((each) => posix.join("packages", each.folder, "README.md"))
    .filter((path) => !tree.has(path));
  const violations = [...paths.flatMap(judgePath), ...judgePublicNames(tree), ...unread.map((path) => `${path} is missing`)];
  return { looked: paths.length, counted: "files", violations };
};
