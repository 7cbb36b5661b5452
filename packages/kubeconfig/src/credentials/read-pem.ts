import { readFileSync } from "node:fs";
import { CredentialError, type Secret } from "@kubepass/wire";

/** Reads a file that a kubeconfig names. Throws `FILE_UNREADABLE`. */
export function readNamedFile(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    throw new CredentialError("FILE_UNREADABLE", `${what} ${path} cannot be read (${typeof code === "string" ? code : "unknown reason"})`, {
      cause: error,
    });
  }
}

/** The text of a PEM that is a file or stands in the kubeconfig, which wins. Throws `FILE_UNREADABLE`. */
export function readPem(
  source: { readonly file?: string | undefined; readonly pem?: string | Secret | undefined } | undefined,
  what: string,
): string | undefined {
  const { pem, file } = source ?? {};
  if (pem !== undefined) return typeof pem === "string" ? pem : pem.reveal();
  return file === undefined ? undefined : readNamedFile(file, what);
}
