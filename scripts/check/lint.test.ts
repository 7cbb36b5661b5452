import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

// One function for each rule that the project counts on; each must be found, so that none is lost in a rename of a rule.
const violations = `
import { b } from "./b.ts";
import { Readable } from "node:stream";
export const a: Readable | number = b;
export function leave(): void { process.exit(1); }
export function leaveByTheBack(): void { globalThis.process.exit(1); }
export function shout(): void { console.log("x"); }
export function float(): void { Promise.resolve(1); }
export function loose(x: any): boolean { return x == 1; }
export function sure(x?: string): string { return x!; }
export function cast(x: unknown): string { return x as string; }
export function toss(): never { throw "x"; }
export function choose(x: "a" | "b"): number { switch (x) { case "a": return 1; } return 0; }
export default a;
export function twist(n: number): number {
${Array.from({ length: 11 }, (_, index) => `  if (n === ${index}) return ${index + 1};`).join("\n")}
  return 0;
}
export function long(): number {
  let n = 0;
${"  n += 1;\n".repeat(50)}  return n;
}
${"// line\n".repeat(300)}`;

let folder = "";
let output = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-lint-"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { strict: true, allowImportingTsExtensions: true, noEmit: true, module: "nodenext" } }),
  );
  writeFileSync(join(folder, "a.ts"), violations);
  writeFileSync(join(folder, "b.ts"), 'import { a } from "./a.ts";\nexport const b: number = Number(a);\n');
  const args = ["--type-aware", "-c", join(root, ".oxlintrc.json"), "-f", "unix", "."];
  output = spawnSync(join(root, "node_modules", ".bin", "oxlint"), args, { cwd: folder, encoding: "utf8" }).stdout;
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it.each([
  "eslint(complexity)",
  "eslint(eqeqeq)",
  "eslint(max-lines)",
  "eslint(max-lines-per-function)",
  "eslint(no-console)",
  "eslint(no-restricted-globals)",
  "import(no-cycle)",
  "import(no-default-export)",
  "typescript(consistent-type-imports)",
  "typescript(no-explicit-any)",
  "typescript(no-floating-promises)",
  "typescript(no-non-null-assertion)",
  "typescript(no-unsafe-type-assertion)",
  "typescript(only-throw-error)",
  "typescript(switch-exhaustiveness-check)",
])("the linter refuses what %s is about", (rule) => {
  expect(output).toContain(rule);
});
