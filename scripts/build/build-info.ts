import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "@kubepass/wire";

/** What is written into the program. */
export interface BuildInfo {
  readonly version: string;
  /** Empty where the sources are no git checkout. */
  readonly commit: string;
}

function findCommit(root: string): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

/** The version of a package of the workspace, or another text of its package.json. */
export function readManifestText(root: string, path: string, key: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, path), "utf8"));
  const text = isJsonObject(manifest) ? manifest[key] : undefined;
  if (typeof text !== "string") throw new Error(`${path} has no ${key}`);
  return text;
}

/** Version and commit; no time, so that the same sources make the same program. */
export function readBuildInfo(root: string): BuildInfo {
  return { version: readManifestText(root, "packages/cli/package.json", "version"), commit: findCommit(root) };
}

/** The constants that `packages/cli/src/build-info.ts` reads, as code. */
export function formatDefinitions(info: BuildInfo): Readonly<Record<string, string>> {
  return { KUBEPASS_BUILD_VERSION: JSON.stringify(info.version), KUBEPASS_BUILD_COMMIT: JSON.stringify(info.commit) };
}
