import { isCredentialError } from "@kubepass/wire";
import { endWhenAborted } from "../end-when-aborted.ts";
import type { Host } from "../host.ts";
import type { Session } from "../provider.ts";
import { createFileSessionStore } from "./file-session-store.ts";
import { createKeyringSessionStore } from "./keyring-session-store.ts";
import { noSessionStore, type SessionStore, type SessionStoreName } from "./session-store.ts";
import type { SignInRecord } from "./sign-in-record.ts";

/** The store of a name. */
export function createSessionStore(name: SessionStoreName, host: Host): SessionStore {
  if (name === "keyring") return createKeyringSessionStore(host);
  return name === "file" ? createFileSessionStore(host) : noSessionStore;
}

/**
 * The session of a record, from the place the record names. A keyring that is absent or locked is a warning: the session
 * stays in it for later. Ctrl-C ends the wait for a keyring that does not answer: what is only read is not lost. Throws
 * `SESSION_CORRUPT`, `STORE_UNSAFE` or `INTERRUPTED`.
 */
export async function readSession(record: SignInRecord | undefined, host: Host): Promise<Session | undefined> {
  if (record === undefined) return undefined;
  try {
    return await endWhenAborted(host.signal, () => createSessionStore(record.store, host).read(record.key));
  } catch (error) {
    if (!isCredentialError(error, "KEYRING_UNAVAILABLE")) throw error;
    host.log.warn("the keyring that holds the session cannot be used", { code: error.code, reason: error.message, hint: error.hint });
    return undefined;
  }
}

/** Where a session may be kept. */
export interface SessionStoreChoice {
  readonly setting: SessionStoreName | "auto";
  readonly record: SignInRecord | undefined;
  /** Older sessions that could not be removed are tried again: somebody is there, and a locked keyring takes its time. */
  readonly isSignIn: boolean;
  /** Else the session of the record may be another person's, and is never used again even where the new one cannot be kept. */
  readonly isSamePerson: boolean;
  /** Called before a session goes to a store that the record does not name: from then on a kill must not hide it. */
  announce(kept: KeptSession): void;
}

/** Where a session lies. */
export interface KeptSession {
  readonly store: SessionStoreName;
  /** Where older ones may still lie. */
  readonly otherStores: readonly SessionStoreName[];
}

function listStores(setting: SessionStoreName | "auto", record: SignInRecord | undefined): readonly SessionStoreName[] {
  if (setting !== "auto") return [setting];
  // A session stays where it began: not in a plain file behind the person's back, and kept before anything slow is tried.
  if (record !== undefined && record.store !== "none") return [record.store];
  return ["keyring", "file"];
}

/** Where sessions of a record lie besides the given store. */
function listOthers(name: SessionStoreName, record: SignInRecord | undefined): readonly SessionStoreName[] {
  return [record?.store ?? "none", ...(record?.otherStores ?? [])].filter((other) => other !== name && other !== "none");
}

/** Removes a session that is not wanted any more. One that is out of reach just now is no reason to do without the new one. */
async function tryRemove(key: string, store: SessionStoreName, host: Host): Promise<boolean> {
  try {
    await createSessionStore(store, host).remove(key);
    return true;
  } catch (error) {
    if (!isCredentialError(error) || error.code === "STORE_UNSAFE") throw error;
    host.log.warn("the former session could not be removed and stays valid", {
      store,
      code: error.code,
      reason: error.message,
      hint: "when that store can be used again, signing out ends this session too",
    });
    return false;
  }
}

async function removeOthers(key: string, name: SessionStoreName, choice: SessionStoreChoice, host: Host): Promise<KeptSession> {
  const { record, isSignIn } = choice;
  const otherStores: SessionStoreName[] = [];
  for (const other of listOthers(name, record)) {
    const isTried = isSignIn || other === record?.store;
    if (!isTried || !(await tryRemove(key, other, host))) otherStores.push(other);
  }
  return { store: name, otherStores };
}

async function keepIn(name: SessionStoreName, key: string, session: Session, choice: SessionStoreChoice, host: Host): Promise<KeptSession> {
  const { record } = choice;
  const store = createSessionStore(name, host);
  if (record?.store !== name) {
    // Should the process die before the new session lies there, the old one must not be taken for it.
    if (record?.otherStores.includes(name) === true) await store.remove(key);
    choice.announce({ store: name, otherStores: listOthers(name, record) });
  }
  await store.write(key, session);
  return await removeOthers(key, name, choice, host);
}

/** Ctrl-C at the keyring's prompt asks for no other place; but a refresh has spent the old session, so the new one is kept all the same. */
function throwIfInterrupted({ isSignIn }: SessionStoreChoice, { signal }: Host): void {
  if (isSignIn) signal.throwIfAborted();
}

/** Where sessions lie when the new one could not be kept. */
function keepFormer({ record, isSamePerson }: SessionStoreChoice): KeptSession {
  if (record === undefined || !isSamePerson) return { store: "none", otherStores: listOthers("none", record) };
  return { store: record.store, otherStores: record.otherStores };
}

/**
 * Keeps a session in the first store that takes it, and says where sessions of the identity lie then; where none took it, that is a
 * warning, and the same person's session stays where it was: a good credential is never thrown away for it. Without a session the former ones are removed.
 * Throws `STORE_UNSAFE`, or the signal's reason when a sign-in was interrupted before a store took the session.
 */
export async function writeSession(
  key: string,
  session: Session | undefined,
  choice: SessionStoreChoice,
  host: Host,
): Promise<KeptSession> {
  if (session === undefined) return await removeOthers(key, "none", choice, host);
  const names = listStores(choice.setting, choice.record);
  for (const name of names) {
    try {
      return await keepIn(name, key, session, choice, host);
    } catch (error) {
      if (!isCredentialError(error) || error.code === "STORE_UNSAFE") throw error;
      throwIfInterrupted(choice, host);
      const isLast = name === names.at(-1);
      const facts = { store: name, code: error.code, reason: error.message, hint: error.hint };
      if (isLast) host.log.warn("the session cannot be kept, so the next renewal needs a sign-in", facts);
      else host.log.info("this store cannot keep the session, trying the next", facts);
    }
  }
  return keepFormer(choice);
}
