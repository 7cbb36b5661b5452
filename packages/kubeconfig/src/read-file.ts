import { type FileReading, findReadHint, maxNamedBytes, readBoundedFile } from "@kubepass/storage";
import { CredentialError, findSystemCode } from "@kubepass/wire";

/** The largest kubeconfig that is read, in bytes: 10,000 contexts with certificates take about 18 million. */
const maxKubeconfigBytes: number = 32 * 1024 * 1024;

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

type FileChoice = { readonly [Name in keyof FileReading]?: FileReading[Name] | undefined };

/** The bytes of a file; `undefined` when there is none. Throws `FILE_UNREADABLE`, also for one that is too large. */
export function findFile(path: string, reading: FileChoice = {}): Uint8Array | undefined {
  const { limit = maxKubeconfigBytes, isRegularOnly = false, what = "a kubeconfig" } = reading;
  try {
    return readBoundedFile(path, { limit, isRegularOnly, what });
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return undefined;
    if (error instanceof CredentialError) throw error;
    throw new CredentialError("FILE_UNREADABLE", `cannot read ${path}: ${describeSystemError(error)}`, {
      cause: error,
      hint: findReadHint(error),
    });
  }
}

/** As {@link findFile}, for what a kubeconfig names: a regular file of at most 1 MiB. */
export function findNamedFile(path: string, what: string): Uint8Array | undefined {
  return findFile(path, { limit: maxNamedBytes, isRegularOnly: true, what });
}
