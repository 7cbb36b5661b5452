/**
 * Keeps credentials from one process to the next. Texts are secrets: whatever keeps them must keep them from others.
 * A key is the SHA-256 of everything that changes what a plugin answers, in lowercase hex. What fails here costs a run of the
 * plugin and a warning, never a credential.
 */
export interface CredentialCache {
  /** `undefined` when there is none. */
  read(key: string): Promise<string | undefined>;
  /** After `expiresAt` the text is of no use to anybody. */
  write(key: string, text: string, expiresAt: Date): Promise<void>;
  remove(key: string): Promise<void>;
  /**
   * Waits until no other process renews the credential of a key, so that one run of the plugin serves them all. `undefined` when it is
   * not needed any more. Without this method, processes that start together each run the plugin.
   */
  lock?(key: string, wait: CredentialCacheWait): Promise<CredentialCacheLock | undefined>;
}

/** How to wait for another process. */
export interface CredentialCacheWait {
  /** The wait ends at once when it aborts, with its reason. */
  readonly signal: AbortSignal;
  /** Asked before each try: another process may have stored what is wanted. */
  isDone(): Promise<boolean>;
  /** Told once, when the wait is longer than a moment; with the number of the process that is waited for, if that is known. */
  onLongWait(processId: number | undefined): void;
}

/** The right to renew the credential of a key, which ends with the process. */
export interface CredentialCacheLock {
  release(): void;
}
