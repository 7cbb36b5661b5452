import { accessSync, constants, statSync } from "node:fs";
import { basename, isAbsolute, posix, win32 } from "node:path";
import type { Variables } from "@kubepass/network";

/** What a search for a program needs to know of the machine. */
export interface ProgramPlaces {
  readonly variables: Variables;
  readonly platform: NodeJS.Platform;
}

/** What a search came to. A file in the working folder is not run for a bare name, as in Go. */
export type ProgramSearch =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "missing" }
  | { readonly kind: "only-in-working-folder" };

const defaultExtensions = ".com;.exe;.bat;.cmd";

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  if (!isFile(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Windows does not tell Path from PATH.
function findVariable(variables: Variables, name: string): string {
  const key = Object.keys(variables).find((each) => each.toUpperCase() === name);
  return key === undefined ? "" : (variables[key] ?? "");
}

/** The extensions that Windows takes for programs, in order, each with its dot. */
export function parsePathExtensions(text: string): readonly string[] {
  return (text === "" ? defaultExtensions : text)
    .toLowerCase()
    .split(";")
    .filter((part) => part !== "")
    .map((part) => (part.startsWith(".") ? part : `.${part}`));
}

/** The files that a path may mean on Windows: itself when it has an extension, then with each of the given ones. */
export function listWindowsCandidates(path: string, extensions: readonly string[]): readonly string[] {
  const own = win32.extname(path) === "" ? [] : [path];
  return [...own, ...extensions.map((extension) => `${path}${extension}`)];
}

function findFile(path: string, places: ProgramPlaces): string | undefined {
  if (places.platform !== "win32") return isExecutable(path) ? path : undefined;
  const extensions = parsePathExtensions(findVariable(places.variables, "PATHEXT"));
  return listWindowsCandidates(path, extensions).find((candidate) => isFile(candidate));
}

function listFolders({ variables, platform }: ProgramPlaces): readonly string[] {
  if (platform === "win32") {
    return findVariable(variables, "PATH")
      .split(";")
      .filter((folder) => folder !== "");
  }
  const path = variables["PATH"] ?? "";
  return path === "" ? [] : path.split(":").map((folder) => folder || ".");
}

function searchFolders(name: string, places: ProgramPlaces): ProgramSearch {
  const isWindows = places.platform === "win32";
  const paths = isWindows ? win32 : posix;
  const first = listFolders(places)
    .map((folder) => findFile(paths.join(folder, name), places))
    .find((found) => found !== undefined);
  if (first !== undefined && isAbsolute(first)) return { kind: "found", path: first };
  const isInWorkingFolder = first !== undefined || (isWindows && findFile(name, places) !== undefined);
  return { kind: isInWorkingFolder ? "only-in-working-folder" : "missing" };
}

/** True when a command names a place and not just a program to look for. */
export function hasFolder(command: string, platform: NodeJS.Platform): boolean {
  return platform === "win32" ? /[:\\/]/.test(command) : command.includes("/");
}

/** Looks for a program as Go's `exec.LookPath` does: no shell, no expansion, PATH only for a name without a folder. */
export function findProgram(command: string, places: ProgramPlaces): ProgramSearch {
  if (command === "" || command.includes("\u0000")) return { kind: "missing" };
  if (!hasFolder(command, places.platform)) return searchFolders(command, places);
  const found = findFile(command, places);
  return found === undefined ? { kind: "missing" } : { kind: "found", path: found };
}

/** The last part of a command, by which an allowlist entry and a command are first compared. */
export function nameOf(command: string, platform: NodeJS.Platform): string {
  return platform === "win32" ? win32.basename(command) : basename(command);
}
