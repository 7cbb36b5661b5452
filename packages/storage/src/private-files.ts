import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { CredentialError, findSystemCode } from "@kubepass/wire";

const maxFileBytes = 4 * 1024 * 1024;
// Absent on Windows, where the user's profile folder has an access list of its own.
const noFollow = constants.O_NOFOLLOW ?? 0;
// A named pipe in place of a file would block the open for ever.
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** The error for a file or folder of the store that cannot be used: `STORE_UNWRITABLE`, with the system's code. */
export function unwritable(path: string, error: unknown): CredentialError {
  const reason = findSystemCode(error) ?? "unknown reason";
  return new CredentialError("STORE_UNWRITABLE", `cannot use ${path} (${reason})`, {
    cause: error,
    hint: "check free space and permissions of that folder",
  });
}

function unsafe(path: string, what: string, hint: string): CredentialError {
  return new CredentialError("STORE_UNSAFE", `${path} ${what}`, { hint });
}

function checkPrivate(path: string, stats: Stats, userId: number | undefined): void {
  if (userId === undefined) return;
  if (stats.uid !== userId) {
    throw unsafe(path, `belongs to user ${stats.uid}, not to ${userId}`, "remove it, or run as the user it belongs to");
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    throw unsafe(
      path,
      `is open to other users (mode ${mode})`,
      `it may have been read or changed: remove it, or run: chmod go-rwx '${path}'`,
    );
  }
}

/**
 * Checks that a folder is ours alone (S36, S37): not a link, owned by the user, no rights for others.
 * Returns `false` when it does not exist. Throws `STORE_UNSAFE`.
 */
export function checkPrivateDirectory(path: string, userId: number | undefined): boolean {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    // What cannot be reached holds nothing for us; writing there will say why.
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(findSystemCode(error) ?? "")) return false;
    throw unwritable(path, error);
  }
  if (!stats.isDirectory()) throw unsafe(path, "is not a folder of its own", "remove the link or file in its place");
  checkPrivate(path, stats, userId);
  return true;
}

/** Makes a folder for the user alone, with its parents, and checks it. Throws `STORE_UNSAFE` or `STORE_UNWRITABLE`. */
export function makePrivateDirectory(path: string, userId: number | undefined): void {
  if (checkPrivateDirectory(path, userId)) return;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(path, error);
  }
  checkPrivateDirectory(path, userId);
}

function readAll(descriptor: number, path: string, userId: number | undefined): string {
  const stats = fstatSync(descriptor);
  if (!stats.isFile() || stats.nlink > 1) throw unsafe(path, "is not a plain file of its own", "remove it");
  checkPrivate(path, stats, userId);
  if (stats.size > maxFileBytes) throw unsafe(path, `is larger than ${maxFileBytes} bytes`, "remove it");
  const buffer = Buffer.alloc(stats.size);
  const length = readSync(descriptor, buffer, 0, buffer.length, 0);
  return buffer.toString("utf8", 0, length);
}

/**
 * The text of a private file; `undefined` when there is none. Links, foreign owners and wide modes are
 * refused after opening, so that nobody can swap the file in between. Throws `STORE_UNSAFE` or `STORE_UNWRITABLE`.
 */
export function readPrivateFile(path: string, userId: number | undefined): string | undefined {
  if (!checkPrivateDirectory(dirname(path), userId)) return undefined;
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | noFollow | nonBlocking);
  } catch (error) {
    const code = findSystemCode(error);
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw unsafe(path, "is a link", "remove it");
    throw unwritable(path, error);
  }
  try {
    return readAll(descriptor, path, userId);
  } finally {
    closeSync(descriptor);
  }
}

function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Windows and some network file systems cannot sync a folder; the rename itself has been made.
  }
}

function writeWhole(path: string, temporary: string, text: string, isDurable: boolean): void {
  const descriptor = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600);
  try {
    writeFileSync(descriptor, text);
    if (isDurable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
  if (isDurable) syncDirectory(dirname(path));
}

/** What cannot be written can often not be removed either, and only the first of both is worth telling. */
function removeLeftover(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The file system is read-only now, or gone.
  }
}

/**
 * Replaces a private file in one step: readers see the old text or the new, never a part.
 * Throws `STORE_UNSAFE` or `STORE_UNWRITABLE`; the old file is then untouched.
 */
export function writePrivateFile(path: string, text: string, userId: number | undefined): void {
  makePrivateDirectory(dirname(path), userId);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    writeWhole(path, temporary, text, false);
  } catch (error) {
    removeLeftover(temporary);
    throw unwritable(path, error);
  }
}

/** Where {@link writeDurableFile} writes first; complete before it replaces the file. */
function nextPath(path: string): string {
  return `${path}.next`;
}

/**
 * As {@link writePrivateFile}, and on the disk when this returns (S28). One writer at a time: the caller holds the lock
 * of what the file is about. Waiting for the disk takes milliseconds, in which the process may be killed, so
 * {@link readDurableFile} also believes a text that was written and not yet put in place.
 */
export function writeDurableFile(path: string, text: string, userId: number | undefined): void {
  makePrivateDirectory(dirname(path), userId);
  const temporary = nextPath(path);
  try {
    rmSync(temporary, { force: true });
    writeWhole(path, temporary, text, true);
  } catch (error) {
    removeLeftover(temporary);
    throw unwritable(path, error);
  }
}

/**
 * Replaces a file that {@link readDurableFile} reads, without waiting for the disk and without a lock: for what may be lost. Throws
 * as {@link writePrivateFile}.
 */
export function writePassingFile(path: string, text: string, userId: number | undefined): void {
  writePrivateFile(path, text, userId);
  try {
    // It would be read instead.
    rmSync(nextPath(path), { force: true });
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The newest whole text of a file written by {@link writeDurableFile}; `isWhole` tells a part from the whole. */
export function readDurableFile(path: string, userId: number | undefined, isWhole: (text: string) => boolean): string | undefined {
  const next = readPrivateFile(nextPath(path), userId);
  return next !== undefined && isWhole(next) ? next : readPrivateFile(path, userId);
}

/** Removes a file if it is there, with what {@link writeDurableFile} may have left beside it. Throws `STORE_UNWRITABLE`. */
export function removePrivateFile(path: string): void {
  try {
    rmSync(path, { force: true });
    rmSync(nextPath(path), { force: true });
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Removes what writers that were killed have left beside a file, which nobody reads any more. A writer that is alive just now
 * fails, so this is for ending what the file is about. Throws `STORE_UNWRITABLE`.
 */
export function removeRemnants(path: string): void {
  try {
    for (const name of readdirSync(dirname(path))) {
      if (name.startsWith(`${basename(path)}.`) && name.endsWith(".tmp")) rmSync(join(dirname(path), name), { force: true });
    }
  } catch (error) {
    if (findSystemCode(error) !== "ENOENT") throw unwritable(path, error);
  }
}

/** True for text that is one whole JSON document, which a half-written one is not. */
export function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
