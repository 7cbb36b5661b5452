import { randomUUID } from "node:crypto";
import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, parse, resolve } from "node:path";
import { CredentialError, findSystemCode } from "@kubepass/wire";

// As many links as Linux follows.
const maxLinks = 40;

/** Where a link leads that leads to no file yet; the path itself when it is no link. */
function followLinks(path: string): string {
  let target = path;
  for (let count = 0; count < maxLinks; count += 1) {
    try {
      // What a link says is meant from the folder that it truly lies in.
      target = resolve(realpathSync(dirname(target)), readlinkSync(target));
    } catch (error) {
      if (["EINVAL", "ENOENT", "UNKNOWN"].includes(findSystemCode(error) ?? "")) return target;
      throw error;
    }
  }
  return target;
}

interface Target {
  readonly path: string;
  /** Of the file that is there already. */
  readonly facts: Stats | undefined;
}

function findTarget(path: string): Target {
  try {
    const target = realpathSync(path);
    return { path: target, facts: statSync(target) };
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return { path: followLinks(path), facts: undefined };
    throw error;
  }
}

function writeBeside(path: string, text: string, facts: Stats | undefined): string {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeFileSync(file, text);
    if (facts !== undefined) fchmodSync(file, facts.mode & 0o777);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

const temporaryPattern = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
// Longer than any lock is held.
const abandonedMs = 60_000;

/** Removes what writers have left beside a file that were killed: it may hold secrets. */
function removeAbandoned(path: string): void {
  const [folder, name] = [dirname(path), basename(path)];
  try {
    for (const each of readdirSync(folder)) {
      if (!each.startsWith(name) || !temporaryPattern.test(each.slice(name.length))) continue;
      if (Date.now() - statSync(join(folder, each)).mtimeMs > abandonedMs) rmSync(join(folder, each), { force: true });
    }
  } catch {
    // Another writer was faster, or the folder cannot be listed; what was to be written is written.
  }
}

function keepOwner(temporary: string, facts: Stats | undefined): void {
  if (facts === undefined) return;
  const made = statSync(temporary);
  if (made.uid !== facts.uid || made.gid !== facts.gid) chownSync(temporary, facts.uid, facts.gid);
}

function refuse(path: string, error: unknown): CredentialError {
  return new CredentialError("KUBECONFIG_UNWRITABLE", `cannot write ${path}: ${findSystemCode(error) ?? "unknown error"}`, {
    cause: error,
    hint: "check who owns the file and its folder, and the space on the disk",
  });
}

function overwrite(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  try {
    writeFileSync(file, bytes);
    ftruncateSync(file, bytes.length);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes into a file that cannot be replaced, such as one that is mounted into a container, as client-go writes every file. What was in
 * it is put back when that fails. Until it is done the new text lies beside it, whole.
 */
function writeInPlace(path: string, temporary: string): void {
  const before = readFileSync(path);
  try {
    overwrite(path, readFileSync(temporary));
  } catch (error) {
    overwrite(path, before);
    throw error;
  }
}

/** Puts a file in the place of another one: what is tried first, and what a test makes fail. */
export type Rename = (from: string, to: string) => void;

/** A mount (EBUSY), and a file of somebody else that one may write into (EPERM): it would become ours, or cannot be replaced at all. */
const inPlaceCodes: ReadonlySet<string | undefined> = new Set(["EBUSY", "EPERM"]);

function moveInto(temporary: string, { path, facts }: Target, rename: Rename): void {
  try {
    keepOwner(temporary, facts);
    rename(temporary, path);
  } catch (error) {
    if (facts === undefined || !inPlaceCodes.has(findSystemCode(error))) throw error;
    writeInPlace(path, temporary);
    rmSync(temporary, { force: true });
  }
}

/**
 * Writes a file so that every reader sees the old text or the new one, whole. Follows links, keeps mode and owner; a new file is
 * private. A file that is itself a mount, or somebody else's, is not replaced but written in place, and a reader may see a part of it
 * meanwhile. What is protected against writing stays as it is.
 * Throws `KUBECONFIG_UNWRITABLE`, and then the file is as it was.
 */
export function writeAtomically(path: string, text: string, rename: Rename = renameSync): void {
  let temporary: string | undefined;
  try {
    const target = findTarget(path);
    // As client-go, which opens it: that its folder would allow to replace a protected file does not mean that anybody wants it.
    if (target.facts !== undefined) accessSync(target.path, constants.W_OK);
    temporary = writeBeside(target.path, text, target.facts);
    moveInto(temporary, target, rename);
    temporary = undefined;
    removeAbandoned(target.path);
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw refuse(path, error);
  }
}

// Far more copies than anybody makes in a second.
const maxCopies = 1000;

/**
 * Copies a file to a new one beside it, with its mode, under the given name or one with a number in it where that is taken; returns
 * the path of the copy. Throws `KUBECONFIG_UNWRITABLE`.
 */
export function backUp(path: string, to: string): string {
  const { dir, name, ext } = parse(to);
  for (let count = 1; ; count += 1) {
    const copy = count === 1 ? to : join(dir, `${name}-${count}${ext}`);
    try {
      copyFileSync(path, copy, constants.COPYFILE_EXCL);
      return copy;
    } catch (error) {
      if (findSystemCode(error) !== "EEXIST" || count === maxCopies) throw refuse(to, error);
    }
  }
}
