import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "@kubepass/wire";

/** A package of the workspace that others can depend on. */
export interface Library {
  readonly name: string;
  /** From the project's root. */
  readonly folder: string;
  /** Names of the packages of the workspace that it needs. */
  readonly needs: readonly string[];
  /** What can be imported: `@kubepass/plugin-sdk/testing`. */
  readonly imports: readonly string[];
  /** Files that its package.json promises, from its folder. */
  readonly targets: readonly string[];
  /** What it calls its own modules where more than one stands for them (`imports`), and the source that types are taken from. */
  readonly ownNames: Readonly<Record<string, string>>;
}

function readObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listTargets(entry: unknown): readonly string[] {
  return Object.entries(readObject(entry)).flatMap(([condition, target]) => {
    if (condition === "@kubepass/source") return [];
    return typeof target === "string" ? [target] : listTargets(target);
  });
}

function parseLibrary(folder: string, manifest: JsonObject): Library | undefined {
  const { name } = manifest;
  const entries = readObject(manifest["exports"]);
  const ownNames = Object.entries(readObject(manifest["imports"]));
  if (typeof name !== "string" || manifest["private"] === true || Object.keys(entries).length === 0) return undefined;
  return {
    name,
    folder,
    needs: Object.keys(readObject(manifest["dependencies"])),
    // What leads to sources alone is for this workspace, and not published.
    imports: Object.entries(entries).flatMap(([path, entry]) => (listTargets(entry).length > 0 ? [name + path.slice(1)] : [])),
    targets: [...Object.values(entries), ...ownNames.map(([, entry]) => entry)].flatMap(listTargets),
    ownNames: Object.fromEntries(
      ownNames.flatMap(([own, entry]) => {
        const source = readObject(entry)["@kubepass/source"];
        return typeof source === "string" ? [[own, source] as const] : [];
      }),
    ),
  };
}

/** Every package that has exports and is not private. */
export function listLibraries(root: string): readonly Library[] {
  return readdirSync(join(root, "packages")).flatMap((name) => {
    const folder = join("packages", name);
    const manifest: unknown = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    return parseLibrary(folder, readObject(manifest)) ?? [];
  });
}

/** The same packages, each after those it needs. Throws for a circle. */
export function sortByDependency(libraries: readonly Library[]): readonly Library[] {
  const sorted: Library[] = [];
  while (sorted.length < libraries.length) {
    const waiting = libraries.filter((library) => !sorted.includes(library));
    const next = waiting.find((library) => !waiting.some((other) => library.needs.includes(other.name)));
    if (next === undefined) throw new Error(`packages need each other: ${waiting.map(({ name }) => name).join(", ")}`);
    sorted.push(next);
  }
  return sorted;
}

/** The compiler's settings for one package: others are seen as they are published, never by their sources. */
export function formatPackageConfig(root: string, library: Library): JsonObject {
  const source = join(root, library.folder, "src");
  const paths = Object.entries(library.ownNames).map(([own, path]) => [own, [join(root, library.folder, path)]] as const);
  return {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      rootDir: source,
      outDir: join(root, library.folder, "dist"),
      isolatedDeclarations: false,
      customConditions: [],
      paths: Object.fromEntries(paths),
      typeRoots: [join(root, "node_modules", "@types")],
    },
    include: [join(source, "**", "*.ts")],
    exclude: [join(source, "**", "*.test.ts"), join(source, "**", "test-support")],
  };
}

/** A program that imports everything there is to import. */
export function formatConsumer(libraries: readonly Library[]): string {
  const paths = libraries.flatMap((library) => library.imports);
  const imports = paths.map((path, index) => `import * as part${index} from ${JSON.stringify(path)};\n`);
  return `${imports.join("")}export const parts: readonly object[] = [${paths.map((_, index) => `part${index}`).join(", ")}];\n`;
}
