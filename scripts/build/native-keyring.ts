import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readManifestText } from "./build-info.ts";
import type { Target } from "./targets.ts";

/**
 * A folder for NODE_PATH that holds the native keyring module of a platform, fetched with npm when it is not there.
 * npm installs only the one of the machine it runs on.
 */
export function fetchKeyring(root: string, target: Target): string {
  const version = readManifestText(root, "node_modules/@napi-rs/keyring/package.json", "version");
  const modules = join(root, ".cache", `keyring-${version}`, "node_modules");
  const home = join(modules, target.keyring);
  if (existsSync(home)) return modules;
  mkdirSync(join(modules, "@napi-rs"), { recursive: true });
  const folder = mkdtempSync(join(modules, ".fetch-"));
  try {
    // npm checks the package against the registry's own hash.
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, `${target.keyring}@${version}`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    if (archive === undefined) throw new Error(`npm packed no ${target.keyring}`);
    execFileSync("tar", ["-xzf", join(folder, archive), "-C", folder]);
    renameSync(join(folder, "package"), home);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return modules;
}
