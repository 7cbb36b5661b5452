// npm run build:packages: dist/ of every library package, JavaScript and declarations, then a program that uses them
// is type-checked as a stranger would: without our sources, and with every declaration file looked at.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatConsumer, formatPackageConfig, listLibraries, sortByDependency } from "./build/libraries.ts";

const root = join(import.meta.dirname, "..");
const work = join(root, ".cache", "packages");

function compile(config: string, content: unknown): void {
  const path = join(work, config);
  writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`);
  execFileSync(join(root, "node_modules", ".bin", "tsc"), ["-p", path], { cwd: root, stdio: "inherit" });
}

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const libraries = sortByDependency(listLibraries(root));
for (const library of libraries) {
  rmSync(join(root, library.folder, "dist"), { recursive: true, force: true });
  compile(`${library.name.replace(/^.*\//, "")}.json`, formatPackageConfig(root, library));
  const missing = library.targets.filter((target) => !existsSync(join(root, library.folder, target)));
  if (missing.length > 0) throw new Error(`${library.name} promises ${missing.join(", ")}, which the build does not make`);
  console.log(`${library.folder}/dist`);
}

// Inside the project, so that the packages are found where npm links them.
const consumer = join(work, "consumer.ts");
writeFileSync(consumer, formatConsumer(libraries));
compile("consumer.json", {
  extends: join(root, "tsconfig.base.json"),
  compilerOptions: {
    noEmit: true,
    customConditions: [],
    skipLibCheck: false,
    isolatedDeclarations: false,
    typeRoots: [join(root, "node_modules", "@types")],
  },
  files: [consumer],
});
console.log(`${readFileSync(consumer, "utf8").trim().split("\n").length} lines of a consumer type-checked`);
