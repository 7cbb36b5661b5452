import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { peers } from "./places.ts";

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program: itself, when it is a whole path; one of ours in `peers/bin`, else the system's; `undefined` when there is none. */
function findProgram(name: string): string | undefined {
  if (isAbsolute(name)) return isExecutable(name) ? name : undefined;
  const folders = [peers, ...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => isExecutable(path));
}

/** The same, where a missing program is a failure: a test that skips itself proves nothing. */
export function getProgram(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`the program ${name} is missing: run peers/debian.sh and peers/build.sh`);
  return path;
}
