import { posix } from "node:path";
import type { Law } from "./law.ts";
import { isTest, listPackages, type WorkspacePackage } from "./packages.ts";
import { findStringLiteral, walk, type ImportEdge, type SourceModule } from "./source-module.ts";
import { splitWords } from "./words.ts";

// The arrows of ARCHITECTURE.md: who may import whom. `provider-*` stands for every provider.
const arrows: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  storage: ["wire"],
  "plugin-sdk": ["storage", "wire"],
  network: ["wire"],
  oauth: ["network", "plugin-sdk", "wire"],
  "provider-*": ["oauth", "network", "plugin-sdk", "wire"],
  kubeconfig: ["network", "storage", "wire"],
  authenticator: ["network", "wire"],
  testkit: ["wire"],
  cli: ["provider-*", "oauth", "plugin-sdk", "kubeconfig", "authenticator", "network", "wire"],
  examples: ["oauth", "plugin-sdk", "wire"],
};
const providerNames = new Set(["oidc", "eks", "gke", "aks", "openstack"]);
// What of Node the pure package may use: no files, no network, no processes, no clock.
const pureBuiltIns: Readonly<Record<string, readonly string[]>> = { wire: ["node:crypto"] };
const forTestsOnly = new Set(["testkit", "vitest", "fast-check"]);

const layerOf = (folder: string): string => (folder.startsWith("provider-") ? "provider-*" : folder);

interface Surroundings {
  readonly owner: WorkspacePackage | undefined;
  readonly folder: string;
  readonly packages: readonly WorkspacePackage[];
}

function judgeOwnPackage(target: WorkspacePackage, module: SourceModule, around: Surroundings): string | undefined {
  if (target.folder === around.folder) return "imports its own package by name";
  const allowed = arrows[layerOf(around.folder)];
  if (allowed === undefined) return `is in packages/${around.folder}, which has no arrows in scripts/check/layers.ts`;
  if (isTest(module.path) && target.folder === "testkit") return undefined;
  if (!allowed.includes(layerOf(target.folder)))
    return `imports ${target.name}, but ${around.folder} may import ${allowed.join(", ") || "nobody"}`;
  return undefined;
}

function judgeThirdParty(name: string, module: SourceModule, around: Surroundings): string | undefined {
  if (isTest(module.path)) return undefined;
  if (forTestsOnly.has(name)) return `imports ${name}, which is for tests`;
  if (around.owner !== undefined && around.owner.dependencies[name] === undefined) {
    return `imports ${name}, which is not in the dependencies of ${around.owner.name}`;
  }
  return undefined;
}

function judgeRelative(specifier: string, module: SourceModule, around: Surroundings): string | undefined {
  const target = posix.join(posix.dirname(module.path), specifier);
  const home = around.owner === undefined ? around.folder : `packages/${around.folder}`;
  if (!target.startsWith(`${home}/`)) return `reaches into ${target}: import the package by its name`;
  if (!isTest(module.path) && isTest(target)) return `imports the test ${target}`;
  return undefined;
}

/** A name of `imports` in package.json leads to modules of the package itself, and to nothing else. */
function judgeOwnName(specifier: string, { owner }: Surroundings): string | undefined {
  const targets = owner?.ownNames.get(specifier) ?? [];
  const isOwn = targets.length > 0 && targets.every((target) => /^\.\/(?:src|dist)\/[\w/.-]+$/.test(target) && !target.includes(".."));
  return isOwn ? undefined : `imports ${specifier}, which leads to no module of its package`;
}

function judgeBuiltIn(specifier: string, module: SourceModule, around: Surroundings): string | undefined {
  const allowed = pureBuiltIns[around.folder];
  if (allowed === undefined || allowed.includes(specifier) || isTest(module.path)) return undefined;
  return `imports ${specifier}, but ${around.folder} is pure`;
}

function judgeEdge(edge: ImportEdge, module: SourceModule, around: Surroundings): string | undefined {
  const { specifier } = edge;
  if (specifier.startsWith("node:")) return judgeBuiltIn(specifier, module, around);
  if (specifier.startsWith("#")) return judgeOwnName(specifier, around);
  if (specifier.startsWith(".")) return judgeRelative(specifier, module, around);
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const target = around.packages.find((candidate) => candidate.name === name);
  if (target !== undefined) {
    const problem = judgeOwnPackage(target, module, around);
    if (problem !== undefined || target.folder === "testkit") return problem;
  }
  return judgeThirdParty(name, module, around);
}

/** Provider names in the code (not the comments) of the SDK, which serves providers that nobody has thought of. */
function findProviderNames(module: SourceModule): readonly string[] {
  const found: string[] = [];
  walk(module.program, (node) => {
    const named = node.type === "Identifier" && typeof node["name"] === "string" ? node["name"] : undefined;
    const said =
      named ?? findStringLiteral(node) ?? (node.type === "TemplateElement" ? module.text.slice(node.start, node.end) : undefined);
    for (const word of said === undefined ? [] : splitWords(said)) if (providerNames.has(word)) found.push(word);
  });
  return found;
}

/** Imports follow the arrows, third-party imports are declared, and the SDK knows no provider's name. */
export const layers: Law = (tree) => {
  const packages = listPackages(tree);
  const paths = tree.paths(/^(packages\/[^/]+\/src|examples)\/.*\.ts$/);
  const violations: string[] = [];
  let edges = 0;
  for (const path of paths) {
    const module = tree.module(path);
    const folder = path.startsWith("packages/") ? (path.split("/")[1] ?? "") : "examples";
    const around = { owner: packages.find((candidate) => candidate.folder === folder), folder, packages };
    for (const edge of module.imports) {
      edges += 1;
      const problem = judgeEdge(edge, module, around);
      if (problem !== undefined) violations.push(`${path}:${edge.line} ${problem}`);
    }
    if (folder !== "plugin-sdk" || isTest(path)) continue;
    for (const name of findProviderNames(module)) violations.push(`${path} knows the provider ${name}`);
  }
  return { looked: edges, counted: `imports in ${paths.length} modules`, violations };
};
