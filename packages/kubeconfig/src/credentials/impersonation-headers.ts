import { CredentialError } from "@kubepass/wire";
import type { Impersonation } from "../resolved-config.ts";

/** One header line: its name and its value. Lines of one name stay apart. */
export type HeaderLine = readonly [name: string, value: string];

// RFC 9110 §5.6.2, without the percent sign, which escapes.
const unescaped = /[A-Za-z0-9!#$&'*+\-.^_`|~]/;

/** The key of an extra as it stands in a header name: what is no token character, and `%`, is percent-encoded. */
export function escapeExtraKey(key: string): string {
  return Array.from(Buffer.from(key), (byte) => {
    const character = String.fromCharCode(byte);
    return unescaped.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/** A value as Node sends it: it writes one byte for each character, and Go sends the bytes of UTF-8. */
function encodeValue(value: string): string {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    throw new CredentialError("CONFIG_INVALID", "a name to impersonate has a control character", {
      hint: "mend as, as-uid, as-groups or as-user-extra of the user entry",
    });
  }
  return Buffer.from(value).toString("latin1");
}

/**
 * The lines that ask the API server to act as somebody else: one for each group and for each value of an extra. Throws
 * `CONFIG_INVALID` for what no header can carry.
 */
export function formatImpersonation(impersonation: Impersonation | undefined): readonly HeaderLine[] {
  if (impersonation === undefined) return [];
  const { user, uid, groups, extra } = impersonation;
  const lines: readonly HeaderLine[] = [
    ["Impersonate-User", user],
    ...(uid === "" ? [] : [["Impersonate-Uid", uid] as const]),
    ...groups.map((group) => ["Impersonate-Group", group] as const),
    ...[...extra].flatMap(([key, values]) => values.map((value) => [`Impersonate-Extra-${escapeExtraKey(key)}`, value] as const)),
  ];
  return lines.map(([name, value]) => [name, encodeValue(value)] as const);
}
