import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { CredentialError, findSystemCode } from "@kubepass/wire";

/** The largest certificate, key, token or secret that is read from a file which somebody names, in bytes. */
export const maxNamedBytes: number = 1024 * 1024;

const hints: Readonly<Record<string, string>> = {
  ENOENT: "check the path: there is nothing",
  EACCES: "let the user who runs this read the file, and enter its folders",
  EISDIR: "name a file in that folder",
  ENOTDIR: "check the path: what stands in it for a folder is none",
  ELOOP: "name the file itself: the link leads in a circle",
};

/** What to do about a file that could not be opened, if that can be said. */
export function findReadHint(error: unknown): string | undefined {
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
export interface FileReading {
  /** In bytes. */
  readonly limit: number;
  /** Refuses pipes and devices: reading one may wait for ever. */
  readonly isRegularOnly: boolean;
  /** What the file should be, for the hint when it is too large: `a kubeconfig`. */
  readonly what: string;
}

// Opening a pipe waits for whoever writes to it. Absent on Windows.
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** The bytes of a file. Throws what the system says, and `FILE_UNREADABLE` for what is refused though it could be read. */
export function readBoundedFile(path: string, { limit, isRegularOnly, what }: FileReading): Uint8Array {
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

/** The text of a regular file of at most 1 MiB that somebody names; `what` is for messages: `the token file`. Throws `FILE_UNREADABLE`. */
export function readNamedText(path: string, what: string): string {
  try {
    return Buffer.from(readBoundedFile(path, { limit: maxNamedBytes, isRegularOnly: true, what })).toString("utf8");
  } catch (error) {
    if (error instanceof CredentialError) throw new CredentialError(error.code, `${what} ${error.message}`, { hint: error.hint });
    throw new CredentialError("FILE_UNREADABLE", `${what} ${path} cannot be read (${findSystemCode(error) ?? "unknown reason"})`, {
      cause: error,
      hint: findReadHint(error),
    });
  }
}

/** As {@link readNamedText}; `undefined` when there is no such file. */
export function findNamedText(path: string, what: string): string | undefined {
  try {
    return readNamedText(path, what);
  } catch (error) {
    if (error instanceof CredentialError && findSystemCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}
