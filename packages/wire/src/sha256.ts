import { hashText } from "#sha256";

/** The SHA-256 of a text's UTF-8 bytes, as 64 lowercase hex digits. */
export function hashSha256(text: string): string {
  return hashText(text);
}
