import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { CredentialError } from "@kubepass/wire";

/** The largest kubeconfig that is read, in bytes: 10,000 contexts with certificates take about 18 million. */
export const maxKubeconfigBytes: number = 32 * 1024 * 1024;

/** The code of a system call's error, such as `ENOENT`. */
export function findSystemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

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

function readAll(file: number, limit: number): Uint8Array | undefined {
  const facts = fstatSync(file);
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

/**
 * The bytes of a file; `undefined` when there is none. Throws `FILE_UNREADABLE`, also above `limit` bytes, and for what is no
 * regular file when only that is wanted: opening a pipe waits for whoever writes to it.
 */
export function findFile(path: string, limit: number = maxKubeconfigBytes, isRegularOnly = false): Uint8Array | undefined {
  let file: number | undefined;
  try {
    if (isRegularOnly && !statSync(path).isFile()) throw new CredentialError("FILE_UNREADABLE", `${path} is not a regular file`);
    file = openSync(path, "r");
    const bytes = readAll(file, limit);
    if (bytes !== undefined) return bytes;
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return undefined;
    if (error instanceof CredentialError) throw error;
    throw new CredentialError("FILE_UNREADABLE", `cannot read ${path}: ${describeSystemError(error)}`, { cause: error });
  } finally {
    if (file !== undefined) closeSync(file);
  }
  throw new CredentialError("FILE_UNREADABLE", `${path} is larger than ${limit} bytes`, { hint: "is this really a kubeconfig?" });
}
