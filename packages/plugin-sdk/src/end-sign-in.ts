import { join } from "node:path";
import { acquireLock, type IdentityLock } from "@kubepass/storage";
import { isCredentialError } from "@kubepass/wire";
import { noAttempts, writeAttempts } from "./attempts.ts";
import { findEntry, removeEntry } from "./cache/credential-store.ts";
import { deriveCacheKey } from "./cache/key.ts";
import type { CredentialRequest } from "./credential-request.ts";
import type { Host } from "./host.ts";
import type { Session, SignOutItem } from "./provider.ts";
import { createSessionStore, readSession } from "./sessions/choose-session-store.ts";
import { findSignInRecord, removeSignInRecord } from "./sessions/sign-in-record.ts";
import { createSignInContext } from "./sign-in-context.ts";

/** What ending a sign-in came to. */
export interface SignOutReport {
  readonly key: string;
  /** False when there was nothing to end. */
  readonly wasSignedIn: boolean;
  readonly items: readonly SignOutItem[];
}

const lockTimeoutMs = 5_000;

async function tryLock(key: string, host: Host): Promise<IdentityLock | undefined> {
  const directory = join(host.directories.runtime, "locks", key);
  try {
    const outcome = await acquireLock(
      {
        directory,
        doing: "signing in to the same identity",
        timeoutMs: lockTimeoutMs,
        signal: host.signal,
        find: () => undefined,
        onLongWait: () => {},
      },
      host,
    );
    return outcome.kind === "acquired" ? outcome.lock : undefined;
  } catch (error) {
    // Signing out goes on beside a sign-in that hangs.
    if (isCredentialError(error, "LOCK_TIMEOUT") || isCredentialError(error, "STORE_UNWRITABLE")) return undefined;
    throw error;
  }
}

async function findSession(key: string, host: Host): Promise<Session | undefined> {
  try {
    return await readSession(findSignInRecord(host, key), host);
  } catch (error) {
    if (!isCredentialError(error, "SESSION_CORRUPT")) throw error;
    host.log.warn("the stored session is damaged, so it cannot be ended at the issuer", { code: error.code, reason: error.message });
    return undefined;
  }
}

/**
 * Ends a sign-in: first at the issuer, as far as it offers that, then here, whatever the issuer said. Throws when
 * something here cannot be removed (`STORE_UNWRITABLE`, `KEYRING_UNAVAILABLE`).
 */
export async function endSignIn(request: CredentialRequest, host: Host): Promise<SignOutReport> {
  const { provider } = request;
  const key = deriveCacheKey(provider.name, provider.identity);
  const lock = await tryLock(key, host);
  try {
    const record = findSignInRecord(host, key);
    const session = await findSession(key, host);
    const credential = findEntry(host, key, provider.name)?.credential;
    if (record === undefined && session === undefined && credential === undefined) return { key, wasSignedIn: false, items: [] };
    const items = (await provider.signOut?.({ session, credential }, createSignInContext(key, request, host))) ?? [
      { what: "credential", outcome: "still-valid", validUntil: credential?.expiresAt, reason: "this provider cannot end it" } as const,
    ];
    removeEntry(host, key);
    if (record !== undefined) await createSessionStore(record.store, host).remove(key);
    removeSignInRecord(host, key);
    writeAttempts(host, key, noAttempts);
    return { key, wasSignedIn: true, items };
  } finally {
    lock?.release();
  }
}
