import { Tree } from "./tree.ts";

function formatManifest(name: string, dependencies: Readonly<Record<string, string>>, isPrivate: boolean): string {
  const exports = { ".": { "@kubepass/source": "./src/index.ts" } };
  return JSON.stringify({ name, private: isPrivate, dependencies, exports });
}

/** A project that exists only in memory: two packages and what a test adds or replaces. */
export function makeTree(texts: Readonly<Record<string, string>> = {}, root = "/nowhere"): Tree {
  return new Tree(root, {
    "package.json": JSON.stringify({ scripts: { check: "true" } }),
    "packages/wire/package.json": formatManifest("@kubepass/wire", {}, false),
    "packages/wire/README.md": "# wire\n",
    "packages/wire/src/index.ts": 'export * from "./secret.ts";\n',
    "packages/wire/src/secret.ts": "/** A value that is not printed. */\nexport const secret = 1;\n",
    "packages/plugin-sdk/package.json": formatManifest("@kubepass/plugin-sdk", { "@kubepass/wire": "0.1.0", uqr: "0.1.3" }, false),
    "packages/plugin-sdk/README.md": "# plugin-sdk\n",
    "packages/plugin-sdk/src/index.ts": 'import { secret } from "@kubepass/wire";\n/** Says it. */\nexport const said = secret;\n',
    "packages/testkit/package.json": formatManifest("@kubepass/testkit", { "@kubepass/wire": "0.1.0" }, true),
    "packages/testkit/README.md": "# testkit\n",
    ...texts,
  });
}
