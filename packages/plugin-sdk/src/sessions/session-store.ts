import type { Session } from "../provider.ts";

/** The places a session can be kept. */
export type SessionStoreName = "keyring" | "file" | "none";

/**
 * Keeps sessions (refresh tokens) by cache key. Every implementation passes `describeSessionStore` of
 * `@kubepass/plugin-sdk/testing`.
 */
export interface SessionStore {
  readonly name: SessionStoreName;
  /** `undefined` when there is none. Throws `SESSION_CORRUPT`, `STORE_UNSAFE` or `KEYRING_UNAVAILABLE`. */
  read(key: string): Promise<Session | undefined>;
  /** Durable when it returns (S28); any size. Throws `STORE_UNSAFE`, `STORE_UNWRITABLE` or `KEYRING_UNAVAILABLE`. */
  write(key: string, session: Session): Promise<void>;
  /** No error when there is none. */
  remove(key: string): Promise<void>;
}

/** Keeps nothing: the choice `none`. */
export const noSessionStore: SessionStore = {
  name: "none",
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
