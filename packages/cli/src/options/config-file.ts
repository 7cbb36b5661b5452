import { closeSync, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError, findSystemCode } from "@kubepass/wire";
import { describeStats } from "../shortcut/shortcut.ts";

// A person writes this file: far more than anyone types is an accident or an attack.
const maxBytes = 1024 * 1024;
const maySomebodyElseWrite = 0o002;

/** The config file as it was when its text was read; it may be another one by now. */
export interface ConfigFileState {
  readonly path: string;
  /** In the form of `describeFile`. */
  readonly state: string;
  /** When it was looked at, by the clock that files are dated with. */
  readonly readAt: Date;
}

/** The config file that was looked for, before it is parsed. */
export interface ConfigText extends ConfigFileState {
  /** Absent when there is none. */
  readonly text: string | undefined;
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

function readText(path: string, userId: number | undefined): ConfigText {
  const readAt = new Date();
  const file = openSync(path, "r");
  try {
    // Asked of the open file, so that what is checked is what is read.
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new CredentialError("FILE_UNREADABLE", `the config file ${path} is not a regular file`);
    checkOwner(path, facts, userId);
    if (facts.size > maxBytes) throw new CredentialError("FILE_UNREADABLE", `the config file ${path} is larger than ${maxBytes} bytes`);
    // Its state is that of before reading: a text that was changed meanwhile belongs to no state that comes again.
    return { path, text: readFileSync(file, "utf8"), state: describeStats(facts), readAt };
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
export function findConfigText(named: string | undefined, host: Pick<Host, "directories" | "environment">): ConfigText {
  const path = named ?? defaultConfigPath(host);
  try {
    return readText(path, host.environment.userId);
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    const code = findSystemCode(error);
    if (named === undefined && (code === "ENOENT" || code === "ENOTDIR")) {
      return { path, text: undefined, state: describeStats(undefined), readAt: new Date() };
    }
    throw new CredentialError("FILE_UNREADABLE", `the config file ${path} cannot be read${code === undefined ? "" : ` (${code})`}`, {
      cause: error,
    });
  }
}
