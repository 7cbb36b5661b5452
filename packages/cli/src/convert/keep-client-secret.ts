import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { findNamedText } from "@kubepass/plugin-sdk";
import { CredentialError, findSystemCode, Secret } from "@kubepass/wire";

/** The client secret in a file, as it is read when it is used; `undefined` when there is no file. Throws `FILE_UNREADABLE`. */
export function findClientSecret(path: string): Secret | undefined {
  const text = findNamedText(path, "the client secret file")?.replace(/[\r\n]+$/, "");
  if (text !== "") return text === undefined ? undefined : new Secret(text);
  throw new CredentialError("FILE_UNREADABLE", `the client secret file ${path} is empty`, {
    hint: "remove it, or name another file with --client-secret-file",
  });
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
