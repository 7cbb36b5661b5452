import { accessSync, constants, realpathSync } from "node:fs";
import { basename, delimiter, isAbsolute, join, resolve } from "node:path";
import type { Host } from "@kubepass/plugin-sdk";
import type { Runtime } from "./command.ts";

function findRealPath(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/**
 * The absolute path by which this program stays reachable. A link on PATH goes before the file itself: package managers put each
 * version into a folder of its own, and change the link.
 */
export function findOwnCommand(host: Pick<Host, "environment">, runtime: Pick<Runtime, "programFile">): string {
  const file = resolve(runtime.programFile);
  const target = findRealPath(file);
  const folders = (host.environment.variables["PATH"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const names = host.environment.platform === "win32" ? ["kubepass.exe", "kubectl-pass.exe"] : ["kubepass", "kubectl-pass", basename(file)];
  const links = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return links.find((link) => target !== undefined && findRealPath(link) === target) ?? file;
}
