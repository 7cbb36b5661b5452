import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBuildInfo } from "../../scripts/build/build-info.ts";
import { buildExecutable } from "../../scripts/build/executable.ts";
import { findOwnTarget } from "../../scripts/build/targets.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, ".cache", "program");
const executable = join(folder, "kubepass");
const lock = join(folder, "building");
const holder = join(lock, "process");
const pollMs = 50;
// Far longer than it takes to say whose the lock is.
const namelessMs = 10_000;

function findChangedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function findNewestSourceMs(): number {
  const packages = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name, "src"));
  const sources = [...packages.filter((path) => existsSync(path)), join(root, "scripts", "build")];
  const files = sources.flatMap((path) => {
    return readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.includes(".test."));
  });
  return Math.max(...files.map((file) => findChangedMs(join(file.parentPath, file.name))), findChangedMs(join(root, "package-lock.json")));
}

/** Whether the lock belongs to a test run that was killed. */
function isStale(): boolean {
  if (!existsSync(holder)) return existsSync(lock) && Date.now() - findChangedMs(lock) > namelessMs;
  try {
    return !existsSync(`/proc/${readFileSync(holder, "utf8")}`) && existsSync("/proc/self");
  } catch {
    return false;
  }
}

function tryLock(): boolean {
  try {
    mkdirSync(lock);
    writeFileSync(holder, String(process.pid));
    return true;
  } catch {
    if (isStale()) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function build(): void {
  const target = findOwnTarget(process.platform, process.arch);
  if (target === undefined) throw new Error("no executable is built for this platform");
  const outfile = `${executable}.new`;
  buildExecutable({ root, info: { ...readBuildInfo(root), commit: "" }, outfile, target, isOwn: true });
  renameSync(outfile, executable);
}

/** The path of the executable, made from the sources as they are now: built by the first test file that asks. */
export async function getExecutable(): Promise<string> {
  mkdirSync(folder, { recursive: true });
  while (findChangedMs(executable) < findNewestSourceMs()) {
    if (!tryLock()) {
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      continue;
    }
    try {
      if (findChangedMs(executable) < findNewestSourceMs()) build();
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return executable;
}
