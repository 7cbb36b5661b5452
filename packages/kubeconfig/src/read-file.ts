import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { CredentialError, findSystemCode } from "@kubepass/wire";

/** The largest kubeconfig that is read, in bytes: 10,000 contexts with certificates take about 18 million. */
const maxKubeconfigBytes: number = 32 * 1024 * 1024;

/** The largest certificate, key, token or kuberc that is read, in bytes. */
const maxNamedBytes = 1024 * 1024;

const words: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long",
  ERR_INVALID_ARG_VALUE: "invalid argument",
};

/** Why a file could not be opened, in the words of Go. */
export function describeSystemError(error: unknown): string {
  const code = findSystemCode(error) ?? "unknown error";
  return words[code] ?? code;
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: "check the path: there is nothing",
  EACCES: "let the user who runs this read the file, and enter its folders",
  EISDIR: "name a file in that folder",
  ENOTDIR: "check the path: what stands in it for a folder is none",
  ELOOP: "name the file itself: the link leads in a circle",
};

/** What to do about a file that could not be opened, if that can be said. */
function findHint(error: unknown): string | undefined {
  return hints[findSystemCode(error) ?? ""];
}

function readAll(file: number, limit: number, facts: Stats): Uint8Array | undefined {
  if (facts.isFile() && facts.size > limit) return undefined;
  let buffer = Buffer.allocUnsafe(facts.isFile() ? facts.size + 1 : 65_536);
  let length = 0;
  for (;;) {
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(Math.max(buffer.length, 65_536))]);
    const count = readSync(file, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > limit) return undefined;
  }
}

/** How a file is read. */
interface FileReading {
  /** In bytes; default {@link maxKubeconfigBytes}. */
  readonly limit?: number | undefined;
  /** Refuses pipes and devices: reading one may wait for ever. */
  readonly isRegularOnly?: boolean | undefined;
  /** What the file should be, for the hint when it is too large: `a kubeconfig`. */
  readonly what?: string | undefined;
}

// Opening a pipe waits for whoever writes to it. Absent on Windows.
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** Throws what the system says, and `FILE_UNREADABLE` for what is refused though it could be read. */
function readBytes(path: string, reading: FileReading): Uint8Array {
  const { limit = maxKubeconfigBytes, isRegularOnly = false, what = "a kubeconfig" } = reading;
  const file = openSync(path, constants.O_RDONLY | (isRegularOnly ? nonBlocking : 0));
  try {
    const facts = fstatSync(file);
    // Of a folder the system says itself that it is one.
    if (isRegularOnly && !facts.isFile() && !facts.isDirectory()) {
      throw new CredentialError("FILE_UNREADABLE", `${path} is not a regular file`, {
        hint: "name a file: pipes and devices are not read here",
      });
    }
    const bytes = readAll(file, limit, facts);
    if (bytes !== undefined) return bytes;
  } finally {
    closeSync(file);
  }
  throw new CredentialError("FILE_UNREADABLE", `${path} is larger than ${limit} bytes`, { hint: `is this really ${what}?` });
}

/** The bytes of a file; `undefined` when there is none. Throws `FILE_UNREADABLE`, also for one that is too large. */
export function findFile(path: string, reading: FileReading = {}): Uint8Array | undefined {
  try {
    return readBytes(path, reading);
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return undefined;
    if (error instanceof CredentialError) throw error;
    throw new CredentialError("FILE_UNREADABLE", `cannot read ${path}: ${describeSystemError(error)}`, {
      cause: error,
      hint: findHint(error),
    });
  }
}

/** As {@link findFile}, for what a kubeconfig names: a regular file of at most 1 MiB. */
export function findNamedFile(path: string, what: string): Uint8Array | undefined {
  return findFile(path, { limit: maxNamedBytes, isRegularOnly: true, what });
}

/** The text of a regular file of at most 1 MiB that a kubeconfig or a person names. Throws `FILE_UNREADABLE`. */
export function readNamedFile(path: string, what: string): string {
  try {
    return Buffer.from(readBytes(path, { limit: maxNamedBytes, isRegularOnly: true, what })).toString("utf8");
  } catch (error) {
    if (error instanceof CredentialError) throw new CredentialError(error.code, `${what} ${error.message}`, { hint: error.hint });
    throw new CredentialError("FILE_UNREADABLE", `${what} ${path} cannot be read (${findSystemCode(error) ?? "unknown reason"})`, {
      cause: error,
      hint: findHint(error),
    });
  }
}
