import type { Law } from "./law.ts";

const shapes: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "a private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----(\\n|\s)+[A-Za-z0-9+/=]{40}/ },
  { what: "a signed token", pattern: /\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{40,}/ },
  { what: "a cloud access key", pattern: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: "a code host's token", pattern: /\b(gh[pousr]_\w{36}|github_pat_\w{50,}|glpat-[\w-]{20})\b/ },
  { what: "a registry token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
];

/** No key or token that could be real lies in the project: tests make theirs when they run. */
export const secrets: Law = (tree) => {
  const paths = tree.paths(/./);
  const violations = paths.flatMap((path) =>
    shapes.flatMap(({ what, pattern }) => {
      const match = pattern.exec(tree.text(path));
      return match === null ? [] : [`${path}:${tree.text(path).slice(0, match.index).split("\n").length} holds what looks like ${what}`];
    }),
  );
  return { looked: paths.length, counted: "files", violations };
};
