import { readFileSync } from "node:fs";
import { CredentialError } from "@kubepass/wire";

/** The text of a file that the command line names. Throws `FILE_UNREADABLE`; the content is never quoted. */
export function readTextFile(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    const reason = code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new CredentialError("FILE_UNREADABLE", `${what} ${path} ${reason}`, { cause: error });
  }
}
