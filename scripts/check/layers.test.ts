import { describe, expect, it } from "vitest";
import { layers } from "./layers.ts";
import { makeTree } from "./made-up-tree.ts";
import { Tree } from "./tree.ts";

const sdk = (text: string): Promise<readonly string[]> => judge({ "packages/plugin-sdk/src/extra.ts": text });
const judge = async (texts: Record<string, string>): Promise<readonly string[]> => (await layers(makeTree(texts))).violations;

describe("the layers law", () => {
  it("counts the imports of a project that keeps it", async () => {
    const report = await layers(makeTree());
    expect(report).toMatchObject({ looked: 2, violations: [] });
  });

  it("looks at nothing in a project without packages, which is not kept", async () => {
    expect((await layers(new Tree("/nowhere", {}))).looked).toBe(0);
  });

  it.each([
    ["an import", 'import { said } from "@kubepass/plugin-sdk";'],
    ["a type import", 'import type { said } from "@kubepass/plugin-sdk";'],
    ["a re-export", 'export * from "@kubepass/plugin-sdk";'],
    ["a lazy import", 'export const load = () => import("@kubepass/plugin-sdk");'],
    ["an import type", 'export type Said = import("@kubepass/plugin-sdk").Said;'],
  ])("refuses an arrow that turns back: %s", async (_, text) => {
    const violations = await judge({ "packages/wire/src/extra.ts": text });
    expect(violations[0]).toMatch(/^packages\/wire\/src\/extra\.ts:1 imports @kubepass\/plugin-sdk, but wire may import nobody$/);
  });

  it("refuses a provider that imports another provider", async () => {
    const manifest = JSON.stringify({ name: "@kubepass/provider-eks", dependencies: { "@kubepass/provider-oidc": "0.1.0" } });
    const violations = await judge({
      "packages/provider-oidc/package.json": JSON.stringify({ name: "@kubepass/provider-oidc" }),
      "packages/provider-eks/package.json": manifest,
      "packages/provider-eks/src/index.ts": 'import "@kubepass/provider-oidc";',
    });
    expect(violations).toEqual([
      "packages/provider-eks/src/index.ts:1 imports @kubepass/provider-oidc, but provider-eks may import oauth, network, plugin-sdk, wire",
    ]);
  });

  it("refuses the testkit in a product, and takes it in a test", async () => {
    const text = 'import "@kubepass/testkit";\n';
    expect(await sdk(text)).toEqual([
      "packages/plugin-sdk/src/extra.ts:1 imports @kubepass/testkit, but plugin-sdk may import storage, wire",
    ]);
    expect(await judge({ "packages/plugin-sdk/src/extra.test.ts": `${text}import "vitest";` })).toEqual([]);
    expect(await judge({ "packages/plugin-sdk/src/test-support/issuer.ts": text })).toEqual([]);
  });

  it("refuses a third-party import that the package does not declare", async () => {
    expect(await sdk('import "uqr";\nimport "jose/jwt/verify";\n')).toEqual([
      "packages/plugin-sdk/src/extra.ts:2 imports jose, which is not in the dependencies of @kubepass/plugin-sdk",
    ]);
  });

  it("refuses a path into another package and an import of a test", async () => {
    expect(await sdk('import "../../wire/src/secret.ts";\nimport "./key.test.ts";')).toEqual([
      "packages/plugin-sdk/src/extra.ts:1 reaches into packages/wire/src/secret.ts: import the package by its name",
      "packages/plugin-sdk/src/extra.ts:2 imports the test packages/plugin-sdk/src/key.test.ts",
    ]);
    expect(await sdk('import "./test-support/issuer.ts";')).toHaveLength(1);
  });

  it.each([
    ["a module of each condition", { "#own": { bun: "./src/a.ts", default: "./dist/b.js" } }, 0],
    ["another package", { "#own": "@kubepass/plugin-sdk" }, 1],
    ["another package where one condition holds", { "#own": { bun: { default: "left-pad" }, default: "./dist/b.js" } }, 1],
    ["a path out of the package", { "#own": "./src/../../plugin-sdk/src/index.ts" }, 1],
    ["nothing", {}, 1],
  ])("judges a name of the package's own that leads to %s", async (_, imports, count) => {
    const manifest = JSON.stringify({ name: "@kubepass/wire", imports });
    const violations = await judge({ "packages/wire/package.json": manifest, "packages/wire/src/extra.ts": 'import "#own";' });
    expect(violations.filter((text) => text.includes("#own"))).toHaveLength(count);
  });

  it("refuses effects in the pure package", async () => {
    expect(await judge({ "packages/wire/src/extra.ts": 'import "node:crypto";\nimport "node:fs";' })).toEqual([
      "packages/wire/src/extra.ts:2 imports node:fs, but wire is pure",
    ]);
    expect(await sdk('import "node:fs";')).toEqual([]);
  });

  it("refuses a package that has no place among the arrows", async () => {
    const violations = await judge({
      "packages/stray/package.json": JSON.stringify({ name: "@kubepass/stray" }),
      "packages/stray/src/index.ts": 'import "@kubepass/wire";',
    });
    expect(violations[0]).toContain("which has no arrows");
  });

  it("refuses a provider's name in the code of the SDK, but not in its comments nor inside other words", async () => {
    expect(await sdk("// as oidc does\nexport const weeks = 'tasks';")).toEqual([]);
    expect(await sdk("export const oidcIssuer = `for ${1} EKS`;")).toEqual([
      "packages/plugin-sdk/src/extra.ts knows the provider oidc",
      "packages/plugin-sdk/src/extra.ts knows the provider eks",
    ]);
  });
});
