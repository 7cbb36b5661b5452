import { accessSync, constants, existsSync } from "node:fs";
import { win32 } from "node:path";
import type { KubeconfigEnvironment } from "./environment.ts";

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function findWindowsHome(variables: KubeconfigEnvironment["variables"]): string {
  const drive = variables["HOMEDRIVE"] && variables["HOMEPATH"] ? variables["HOMEDRIVE"] + variables["HOMEPATH"] : "";
  const [home, profile] = [variables["HOME"] ?? "", variables["USERPROFILE"] ?? ""];
  const withConfig = [home, drive, profile].filter((path) => path !== "").find((path) => existsSync(win32.join(path, ".kube", "config")));
  if (withConfig !== undefined) return withConfig;
  const set = [home, profile, drive].filter((path) => path !== "");
  const existing = set.filter((path) => existsSync(path));
  return existing.find(isWritable) ?? existing[0] ?? set[0] ?? "";
}

/** The home folder as client-go finds it: `HOME`, on Windows also by where a kubeconfig lies. `""` when nothing is set. */
export function findHome({ variables, platform }: KubeconfigEnvironment): string {
  return platform === "win32" ? findWindowsHome(variables) : (variables["HOME"] ?? "");
}
