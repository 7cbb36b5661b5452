import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isJsonObject } from "@kubepass/wire";
import type { Variables } from "./folder.ts";
import { runProgram } from "./run-program.ts";

/** A kubectl that works. */
export interface Kubectl {
  readonly path: string;
  /** Such as `v1.34.1`. */
  readonly version: string;
  readonly isOnPath: boolean;
}

// `kubectl auth whoami` without a flag.
const oldestMinor = 28;

function parseVersion(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const client = isJsonObject(answer) ? answer["clientVersion"] : undefined;
    const version = isJsonObject(client) ? client["gitVersion"] : undefined;
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

function isNewEnough(version: string): boolean {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= oldestMinor);
}

async function findVersion(path: string, variables: Variables, signal: AbortSignal): Promise<string | undefined> {
  const call = { command: path, args: ["version", "--client", "--output=json"], variables, signal };
  const result = await runProgram(call).catch(() => undefined);
  return result?.exitCode === 0 ? parseVersion(result.stdout) : undefined;
}

/** The first kubectl on the PATH, or else among the peers of the project, that starts and is new enough. */
export async function findKubectl(root: string, variables: Variables, signal: AbortSignal): Promise<Kubectl | undefined> {
  const name = process.platform === "win32" ? "kubectl.exe" : "kubectl";
  const folders = (variables["PATH"] ?? variables["Path"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  for (const path of [onPath, join(root, "peers", "bin", name)]) {
    if (path === undefined || !existsSync(path)) continue;
    const version = await findVersion(path, variables, signal);
    signal.throwIfAborted();
    if (version !== undefined && isNewEnough(version)) return { path, version, isOnPath: path === onPath };
  }
  return undefined;
}
