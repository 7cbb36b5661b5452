/*
 * Hashes by Bun's own class. Bun's node:crypto is the same code behind modules of JavaScript, and takes 1.5 ms to load, a tenth of what
 * kubectl waits for (docs/decisions/0013-computed-credentials.md). `imports` in package.json chooses this file under Bun alone.
 */

interface Hasher {
  update(content: string | Uint8Array): Hasher;
  digest(): Uint8Array;
  digest(encoding: "hex"): string;
}

// Present wherever this file is.
declare const Bun: { readonly CryptoHasher: new (algorithm: "sha256", key?: string | Uint8Array) => Hasher };

/** SHA-256 of bytes, or of a text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export function hashContent(content: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}

/** The same of a text alone. */
export function hashText(text: string): string {
  return hashContent(text);
}

/** HMAC-SHA-256 of a text's UTF-8 bytes. */
export function authenticateText(key: string | Uint8Array, text: string): Uint8Array {
  return new Bun.CryptoHasher("sha256", key).update(text).digest();
}
