import { join } from "node:path";
import { expect, test } from "vitest";
import { formatConsumer, type Library, listLibraries, sortByDependency } from "./libraries.ts";

function library(name: string, ...needs: readonly string[]): Library {
  return { name, folder: `packages/${name}`, needs, imports: [name], targets: [], ownNames: {} };
}

test("a package is built after those it needs", () => {
  const sorted = sortByDependency([library("c", "b", "elsewhere"), library("b", "a"), library("a")]);
  expect(sorted.map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test("packages that need each other cannot be built", () => {
  expect(() => sortByDependency([library("a", "b"), library("b", "a"), library("c")])).toThrow("packages need each other: a, b");
});

test("every published package of the workspace is built, and nothing private", () => {
  const names = listLibraries(join(import.meta.dirname, "..", "..")).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["@kubepass/wire", "@kubepass/plugin-sdk", "@kubepass/oauth", "@kubepass/provider-oidc"]));
  expect(names).not.toContain("@kubepass/testkit");
});

test("what a package calls its own modules leads to one source for types, and to a file for each runtime", () => {
  const wire = listLibraries(join(import.meta.dirname, "..", "..")).find(({ name }) => name === "@kubepass/wire");
  expect(wire?.ownNames).toEqual({ "#sha256": "./src/sha256-plain.ts", "#hashes": "./src/hashes-node.ts" });
  expect(wire?.targets).toEqual(expect.arrayContaining(["./dist/hashes-bun.js", "./dist/sha256-plain.js", "./dist/hashes-node.js"]));
});

test("the consumer imports everything there is to import", () => {
  expect(formatConsumer([{ ...library("a"), imports: ["a", "a/testing"] }])).toBe(
    'import * as part0 from "a";\nimport * as part1 from "a/testing";\nexport const parts: readonly object[] = [part0, part1];\n',
  );
});

test("what only this workspace can import is not published", () => {
  const all = listLibraries(join(import.meta.dirname, "..", ".."));
  const imports = all.flatMap((each) => each.imports);
  expect(imports).toContain("@kubepass/network");
  expect(imports).toContain("@kubepass/plugin-sdk/testing");
  expect(imports).not.toContain("@kubepass/network/test-support");
});
