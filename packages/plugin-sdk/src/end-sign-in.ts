import { join } from "node:path";
import { acquireLock, type IdentityLock } from "@kubepass/storage";
import { isCredentialError } from "@kubepass/wire";
import { noAttempts, writeAttempts } from "./attempts.ts";
import { findEntry, removeEntry } from "./cache/credential-store.ts";
import { deriveCacheKey } from "./cache/key.ts";
import type { CredentialRequest } from "./credential-request.ts";
import type { Host } from "./host.ts";
import type { Session, SignOutItem, StoredSignIn } from "./provider.ts";
import { createSessionStore, readSession } from "./sessions/choose-session-store.ts";
import type { SessionStoreName } from "./sessions/session-store.ts";
import { findSignInRecord, removeSignInRecord, writeSignInRecord, type SignInRecord } from "./sessions/sign-in-record.ts";
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

async function findSession(record: SignInRecord | undefined, host: Host): Promise<Session | undefined> {
  try {
    return await readSession(record, host);
  } catch (error) {
    if (!isCredentialError(error, "SESSION_CORRUPT")) throw error;
    host.log.warn("the stored session is damaged, so it cannot be ended at the issuer", { code: error.code, reason: error.message });
    return undefined;
  }
}

interface OlderSessions {
  readonly items: readonly SignOutItem[];
  /** Where one still lies. */
  readonly left: readonly SessionStoreName[];
}

/** Ends what was left behind when sessions moved to another store; what is out of reach now is told and stays on record. */
async function endOlderSessions(
  record: SignInRecord,
  end: (stored: StoredSignIn) => Promise<readonly SignOutItem[]>,
  host: Host,
): Promise<OlderSessions> {
  const items: SignOutItem[] = [];
  const left: SessionStoreName[] = [];
  for (const store of record.otherStores) {
    const session = await findSession({ ...record, store }, host);
    const ended = session === undefined ? [] : await end({ session, credential: undefined, isOlder: true });
    items.push(...ended.map((item) => ({ ...item, what: `older ${item.what}` })));
    try {
      await createSessionStore(store, host).remove(record.key);
    } catch (error) {
      if (!isCredentialError(error, "KEYRING_UNAVAILABLE") && !isCredentialError(error, "STORE_UNWRITABLE")) throw error;
      left.push(store);
      items.push({ what: `older session in the ${store}`, outcome: "still-valid", reason: error.message });
    }
  }
  return { items, left };
}

async function endRecorded(
  record: SignInRecord,
  end: (stored: StoredSignIn) => Promise<readonly SignOutItem[]>,
  host: Host,
): Promise<readonly SignOutItem[]> {
  await createSessionStore(record.store, host).remove(record.key);
  const { items, left } = await endOlderSessions(record, end, host);
  // Bound to nobody any more.
  if (left.length > 0) writeSignInRecord(host, { ...record, subject: undefined, isEnded: true, store: "none", otherStores: left });
  else removeSignInRecord(host, record.key);
  return items;
}

/**
 * Ends a sign-in: first at the issuer, as far as it offers that, then here, whatever the issuer said. Throws when
 * something here cannot be removed (`STORE_UNWRITABLE`, `KEYRING_UNAVAILABLE`).
 */
export async function endSignIn(request: CredentialRequest, host: Host): Promise<SignOutReport> {
  const { provider } = request;
  const key = deriveCacheKey(provider.name, provider.identity);
  host.protectMemory();
  const lock = await tryLock(key, host);
  try {
    const record = findSignInRecord(host, key);
    const session = await findSession(record, host);
    const credential = findEntry(host, key, provider.name)?.credential;
    if (record === undefined && session === undefined && credential === undefined) return { key, wasSignedIn: false, items: [] };
    const end = async (stored: StoredSignIn): Promise<readonly SignOutItem[]> => {
      if (provider.signOut !== undefined) return await provider.signOut(stored, createSignInContext(key, request, host));
      if (stored.isOlder === true) return [];
      return [{ what: "credential", outcome: "still-valid", validUntil: credential?.expiresAt, reason: "this provider cannot end it" }];
    };
    const items = await end({ session, credential });
    removeEntry(host, key);
    const older = record === undefined ? [] : await endRecorded(record, end, host);
    writeAttempts(host, key, noAttempts);
    return { key, wasSignedIn: true, items: [...items, ...older] };
  } finally {
    lock?.release();
  }
}
