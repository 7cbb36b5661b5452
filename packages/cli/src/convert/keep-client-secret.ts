import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CredentialError, findSystemCode, Secret } from "@kubepass/wire";

/** The client secret in a file, as it is read when it is used; `undefined` when there is no file. Throws `FILE_UNREADABLE`. */
export function findClientSecret(path: string): Secret | undefined {
  try {
    return new Secret(readFileSync(path, "utf8").replace(/[\r\n]+$/, ""));
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return undefined;
    throw new CredentialError(
      "FILE_UNREADABLE",
      `the client secret file ${path} cannot be read (${findSystemCode(error) ?? "unknown error"})`,
      { cause: error },
    );
  }
}

/** Writes a client secret into a new file that its owner alone can read. Throws `FILE_UNREADABLE` when it cannot be written. */
export function keepClientSecret(path: string, secret: Secret): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${secret.reveal()}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    throw new CredentialError(
      "FILE_UNREADABLE",
      `the client secret file ${path} cannot be written (${findSystemCode(error) ?? "unknown error"})`,
      {
        cause: error,
        hint: "name another file with --client-secret-file; the kubeconfig is as it was",
      },
    );
  }
}
