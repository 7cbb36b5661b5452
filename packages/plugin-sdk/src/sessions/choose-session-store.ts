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
    return await endWhenAborted(host.signal, createSessionStore(record.store, host).read(record.key));
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
  /** Called before a session goes to a store that the record does not name: from then on a kill must not hide it. */
  announce(store: SessionStoreName): void;
}

function listStores(setting: SessionStoreName | "auto", record: SignInRecord | undefined): readonly SessionStoreName[] {
  if (setting !== "auto") return [setting];
  // A session stays where it began: not in a plain file behind the person's back, and kept before anything slow is tried.
  if (record !== undefined && record.store !== "none") return [record.store];
  return ["keyring", "file"];
}

/** Removes the session that lies in another store. One that is out of reach just now is no reason to do without the new session. */
async function removeFormer(key: string, name: SessionStoreName, record: SignInRecord | undefined, host: Host): Promise<void> {
  if (record === undefined || record.store === name) return;
  try {
    await createSessionStore(record.store, host).remove(key);
  } catch (error) {
    if (!isCredentialError(error) || error.code === "STORE_UNSAFE") throw error;
    host.log.warn("the former session could not be removed and stays valid", {
      store: record.store,
      code: error.code,
      reason: error.message,
    });
  }
}

/**
 * Keeps a session in the first store that takes it, and says which; `none` when no store could, which is a warning: a
 * good credential is never thrown away for it. Throws `STORE_UNSAFE`.
 */
export async function writeSession(key: string, session: Session, choice: SessionStoreChoice, host: Host): Promise<SessionStoreName> {
  const names = listStores(choice.setting, choice.record);
  for (const name of names) {
    try {
      if (choice.record?.store !== name) choice.announce(name);
      await createSessionStore(name, host).write(key, session);
      await removeFormer(key, name, choice.record, host);
      return name;
    } catch (error) {
      if (!isCredentialError(error) || error.code === "STORE_UNSAFE") throw error;
      const isLast = name === names.at(-1);
      const facts = { store: name, code: error.code, reason: error.message, hint: error.hint };
      if (isLast) host.log.warn("the session cannot be kept, so the next renewal needs a sign-in", facts);
      else host.log.info("this store cannot keep the session, trying the next", facts);
    }
  }
  return "none";
}
