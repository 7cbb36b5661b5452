import { isJsonObject, type JsonObject } from "@kubepass/wire";
import type { Tree } from "./tree.ts";

/** A package of the workspace as its package.json tells it. */
export interface WorkspacePackage {
  /** The folder's name below packages/. */
  readonly folder: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly dependencies: Readonly<Record<string, string>>;
  /** Source files behind `exports`, from the project's root. */
  readonly entries: readonly string[];
  /** The names of `imports`, each with everything that it may lead to, as written. */
  readonly ownNames: ReadonlyMap<string, readonly string[]>;
}

function parseManifest(path: string, text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error(`${path} is not an object`);
  return value;
}

function findTexts(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([key, text]) => (typeof text === "string" ? [[key, text]] : [])));
}

function findEntries(folder: string, exports: unknown): readonly string[] {
  if (!isJsonObject(exports)) return [];
  return Object.values(exports).flatMap((target) => {
    const source = findTexts(target)["@kubepass/source"];
    return source === undefined ? [] : [source.replace(/^\./, `packages/${folder}`)];
  });
}

function listTargets(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return isJsonObject(value) ? Object.values(value).flatMap(listTargets) : [];
}

function findOwnNames(imports: unknown): WorkspacePackage["ownNames"] {
  return new Map(isJsonObject(imports) ? Object.entries(imports).map(([name, target]) => [name, listTargets(target)]) : []);
}

/** Every package of the workspace. */
export function listPackages(tree: Tree): readonly WorkspacePackage[] {
  return tree.paths(/^packages\/[^/]+\/package\.json$/).map((path) => {
    const manifest = parseManifest(path, tree.text(path));
    const folder = path.split("/")[1] ?? "";
    const name = manifest["name"];
    return {
      folder,
      name: typeof name === "string" ? name : folder,
      isPrivate: manifest["private"] === true,
      dependencies: { ...findTexts(manifest["dependencies"]), ...findTexts(manifest["optionalDependencies"]) },
      entries: findEntries(folder, manifest["exports"]),
      ownNames: findOwnNames(manifest["imports"]),
    };
  });
}

/** Whether a file is a test or serves tests alone, and may import more than the package's users get. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || path.includes("/test-support/");
}
