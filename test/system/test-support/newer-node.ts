import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./places.ts";
import { getProgram } from "./programs.ts";

// Version 2 of @kubernetes/client-node needs 22.19; this project does not.
const version = "22.23.3";

function isNewEnough(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}

/** A Node that is new enough for every library that is tested here: the one that runs, or one from the npm registry. */
export function getNewerNode(): string {
  if (isNewEnough()) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, ".cache", `node-${version}`);
  const program = join(folder, "node_modules", name, "bin", "node");
  if (!existsSync(program)) {
    const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", `--prefix=${folder}`, `${name}@${version}`];
    execFileSync(getProgram("npm"), args, { stdio: ["ignore", "ignore", "inherit"] });
  }
  return program;
}
