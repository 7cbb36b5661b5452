const reserved: ReadonlySet<string> = new Set(
  `true false null in as break const continue else for function if import let loop package namespace return var void
while`.split(/\s/),
);

const escapes: ReadonlyMap<string, string> = new Map([
  ["underscores", "__"],
  ["dot", "."],
  ["dash", "-"],
  ["slash", "/"],
]);

/**
 * The name that an escaped identifier stands for (`k8s__dot__io` is `k8s.io`), or `undefined` when an escape in it is
 * unknown (`k8s.io/apiserver/pkg/cel`, Unescape).
 */
export function unescapeName(name: string): string | undefined {
  if (!name.includes("__")) return name;
  let known = true;
  const result = name.replaceAll(/__([^_]+)__/g, (match, content: string) => {
    const plain = escapes.get(content);
    if (plain !== undefined) return plain;
    if (!reserved.has(content) || match.length !== name.length) known = false;
    return content;
  });
  return known ? result : undefined;
}
