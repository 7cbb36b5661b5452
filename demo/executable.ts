import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Variables } from "./folder.ts";
import { runProgram } from "./run-program.ts";

function listSources(root: string): readonly string[] {
  const packages = readdirSync(join(root, "packages")).filter((name) => name !== "testkit");
  const folders = packages.map((name) => join(root, "packages", name, "src")).filter((folder) => existsSync(folder));
  return folders.flatMap((folder) => {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const sources = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"));
    return sources.map((entry) => join(entry.parentPath, entry.name));
  });
}

function findReason(root: string, executable: string): string | undefined {
  if (!existsSync(executable)) return "it is missing";
  const builtMs = statSync(executable).mtimeMs;
  return listSources(root).some((file) => statSync(file).mtimeMs > builtMs) ? "its source is newer" : undefined;
}

/** What {@link prepareExecutable} needs. */
export interface BuildPlace {
  readonly root: string;
  readonly variables: Variables;
  readonly signal: AbortSignal;
  readonly announceBuild: (reason: string) => void;
}

/** The path of dist/kubepass, built when it is missing or old. Rejects with what the build printed when that fails. */
export async function prepareExecutable({ root, variables, signal, announceBuild }: BuildPlace): Promise<string> {
  const executable = join(root, "dist", process.platform === "win32" ? "kubepass.exe" : "kubepass");
  const reason = findReason(root, executable);
  if (reason === undefined) return executable;
  announceBuild(reason);
  // npm may be a script that this system cannot start by itself; npm says where it is.
  const npm = variables["npm_execpath"];
  const [command, ...first] = npm?.endsWith("js") === true ? [process.execPath, npm] : ["npm"];
  const built = await runProgram({
    command: command ?? "npm",
    args: [...first, "run", "--silent", "build"],
    variables,
    folder: root,
    signal,
  });
  if (built.exitCode === 0 && existsSync(executable)) return executable;
  throw new Error(`npm run build failed:\n${built.stdout}${built.stderr}`);
}
