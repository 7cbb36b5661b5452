import { closeSync, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError } from "@kubepass/wire";

// A person writes this file: far more than anyone types is an accident or an attack.
const maxBytes = 1024 * 1024;
const maySomebodyElseWrite = 0o002;

/** The config file that was found, before it is parsed. */
export interface ConfigText {
  readonly path: string;
  readonly text: string;
}

function findCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function checkOwner(path: string, facts: Stats, userId: number | undefined): void {
  if (userId === undefined) return;
  const isForeign = facts.uid !== userId && facts.uid !== 0;
  const isOpen = (facts.mode & maySomebodyElseWrite) !== 0;
  if (!isForeign && !isOpen) return;
  throw new CredentialError(
    "POLICY_REFUSED",
    `the config file ${path} ${isForeign ? "belongs to another user" : "can be written by every user"}`,
    {
      hint: isForeign ? "name another file with --config, or make it yours" : `run: chmod o-w ${path}`,
    },
  );
}

function readText(path: string, userId: number | undefined): string {
  const file = openSync(path, "r");
  try {
    // Asked of the open file, so that what is checked is what is read.
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new CredentialError("FILE_UNREADABLE", `the config file ${path} is not a regular file`);
    checkOwner(path, facts, userId);
    if (facts.size > maxBytes) throw new CredentialError("FILE_UNREADABLE", `the config file ${path} is larger than ${maxBytes} bytes`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** `config.yaml` in the config folder. */
export function defaultConfigPath(host: Pick<Host, "directories">): string {
  return join(host.directories.config, "config.yaml");
}

/**
 * The config file: the named one, which must exist, else `config.yaml` in the config folder, if it is there.
 * Throws `FILE_UNREADABLE`, and `POLICY_REFUSED` when somebody else can write it.
 */
export function findConfigText(named: string | undefined, host: Pick<Host, "directories" | "environment">): ConfigText | undefined {
  const path = named ?? defaultConfigPath(host);
  try {
    return { path, text: readText(path, host.environment.userId) };
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    const code = findCode(error);
    if (named === undefined && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw new CredentialError("FILE_UNREADABLE", `the config file ${path} cannot be read${code === undefined ? "" : ` (${code})`}`, {
      cause: error,
    });
  }
}
