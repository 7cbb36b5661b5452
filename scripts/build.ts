// npm run build: dist/kubepass for this machine, and dist/npm, the same for Node. npm run build:all: every other platform too.
import { mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readBuildInfo } from "./build/build-info.ts";
import { buildExecutable, writeChecksums } from "./build/executable.ts";
import { buildNodePackage } from "./build/node-package.ts";
import { findOwnTarget, targets } from "./build/targets.ts";

const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } });
const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const info = readBuildInfo(root);
const own = findOwnTarget(process.platform, process.arch);

function report(file: string): void {
  console.log(`${file.slice(root.length + 1)}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}

function buildOwn(): void {
  if (own === undefined) return console.log(`no executable for ${process.platform} ${process.arch}; dist/npm runs on Node`);
  const outfile = join(dist, `kubepass${own.suffix}`);
  buildExecutable({ root, info, outfile, target: own, isOwn: true });
  writeChecksums([outfile], `${outfile}.sha256`);
  // As `kubectl pass` finds it.
  const alias = join(dist, `kubectl-pass${own.suffix}`);
  rmSync(alias, { force: true });
  if (process.platform !== "win32") symlinkSync(`kubepass${own.suffix}`, alias);
  report(outfile);
}

function buildAll(): void {
  const files = targets.map((target) => {
    const outfile = join(dist, `kubepass-${target.name}${target.suffix}`);
    buildExecutable({ root, info, outfile, target, isOwn: target === own });
    report(outfile);
    return outfile;
  });
  writeChecksums(files, join(dist, "SHA256SUMS"));
}

mkdirSync(dist, { recursive: true });
buildOwn();
await buildNodePackage(root, info, join(dist, "npm"));
report(join(dist, "npm", "kubepass.js"));
if (values.all) buildAll();
