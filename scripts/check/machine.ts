import type { Law } from "./law.ts";

// People who do not exist may have home folders in examples.
const exampleHomes = "(?!runner\\b|user\\b|anna\\b|you\\b|dev\\b)";
const start = "(?<![\\w.:/-])";
// A class of one letter keeps this file from holding what it forbids.
const homes = [
  `${start}/(home|Users)/${exampleHomes}[a-z][\\w-]+`,
  `${start}/[r]oot/`,
  `${start}/[w]ork/`,
  `[A-Z]:\\\\Users\\\\${exampleHomes}\\w+`,
];

const traces: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "a path of somebody's machine", pattern: new RegExp(homes.join("|")) },
  {
    what: "the address of a package registry",
    pattern: /https?:\/\/[^\s"'/]*(registry|artifactory|nexus|verdaccio|goproxy)[^\s"'/]*\//i,
  },
];

/** Files that may hold such traces, each with its reason. */
const exceptions: Readonly<Record<string, string>> = { "scripts/check/machine.test.ts": "shows what is refused" };

function judgeLine(line: string, place: string): readonly string[] {
  return traces.flatMap(({ what, pattern }) => {
    const match = pattern.exec(line);
    return match === null ? [] : [`${place} holds ${what}: ${match[0]}`];
  });
}

/** Nothing in the project belongs to one machine: no home folders, no registry addresses. */
export const machine: Law = (tree) => {
  const paths = tree.paths(/./).filter((path) => exceptions[path] === undefined);
  const violations = paths.flatMap((path) =>
    tree
      .text(path)
      .split("\n")
      .flatMap((line, index) => judgeLine(line, `${path}:${index + 1}`)),
  );
  return { looked: paths.length, counted: "files", violations };
};
