/**
 * Keeps credentials from one process to the next. Texts are secrets: whatever keeps them must keep them from others.
 * A key is the SHA-256 of everything that changes what a plugin answers.
 */
export interface CredentialCache {
  /** `undefined` when there is none, or none that can be read. */
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
}
