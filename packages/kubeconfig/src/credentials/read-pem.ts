import { readNamedText } from "@kubepass/storage";
import type { Secret } from "@kubepass/wire";

/** The text of a PEM that is a file or stands in the kubeconfig, which wins. Throws `FILE_UNREADABLE`. */
export function readPem(
  source: { readonly file?: string | undefined; readonly pem?: string | Secret | undefined } | undefined,
  what: string,
): string | undefined {
  const { pem, file } = source ?? {};
  if (pem !== undefined) return typeof pem === "string" ? pem : pem.reveal();
  return file === undefined ? undefined : readNamedText(file, what);
}
