import type { IdentityLock } from "@kubepass/storage";
import { isCredentialError, toCredentialError, type CredentialError } from "@kubepass/wire";
import { judgeRecentFailure, noAttempts, readAttempts, writeAttempts } from "./attempts.ts";
import { findEntry } from "./cache/credential-store.ts";
import type { CredentialRequest, ReadyCredential } from "./credential-request.ts";
import { endWhenAborted } from "./end-when-aborted.ts";
import type { Host } from "./host.ts";
import { decideForRequest } from "./decide-for-request.ts";
import { judgeIssued, judgeSubject } from "./judge-issued.ts";
import { keepIssued } from "./keep-issued.ts";
import type { Issued, Session } from "./provider.ts";
import { createSessionStore, readSession } from "./sessions/choose-session-store.ts";
import { findSignInRecord, type SignInRecord } from "./sessions/sign-in-record.ts";
import { createSignInContext, judgeAsking } from "./sign-in-context.ts";

/** What renewing works on: the identity's lock is held, where there can be one. */
interface Renewal {
  readonly key: string;
  readonly request: CredentialRequest;
  readonly record: SignInRecord | undefined;
  readonly host: Host;
  readonly lock: IdentityLock | undefined;
}

async function refreshOnce(renewal: Renewal, session: Session): Promise<Issued | undefined> {
  const { key, request, host, lock } = renewal;
  const context = createSignInContext(key, request, host, lock);
  const outcome = await endWhenAborted(host.signal, () => request.provider.refresh?.(session, context));
  if (outcome?.kind !== "refused") return outcome?.issued;
  host.log.info("the issuer refused the session", { reason: outcome.reason });
  return undefined;
}

async function findSession(renewal: Renewal): Promise<Session | undefined> {
  const { request, record, host } = renewal;
  try {
    return await readSession(record, host);
  } catch (error) {
    if (!isCredentialError(error, "SESSION_CORRUPT") || request.settings.isPersonActing !== true) throw error;
    host.log.warn("the stored session is damaged and will be replaced", { code: error.code, reason: error.message });
    return undefined;
  }
}

/** Removes a session that the issuer has ended. Where it cannot be removed it is refused again next time, and nobody is kept from signing in. */
async function forgetSession({ key, store }: SignInRecord, host: Host): Promise<void> {
  try {
    await createSessionStore(store, host).remove(key);
  } catch (error) {
    if (!isCredentialError(error, "STORE_UNWRITABLE") && !isCredentialError(error, "KEYRING_UNAVAILABLE")) throw error;
    host.log.warn("the session that the issuer has ended cannot be removed", { code: error.code, reason: error.message });
  }
}

async function tryRefresh(renewal: Renewal): Promise<Issued | undefined> {
  const { request, record, host } = renewal;
  if (request.provider.refresh === undefined) return undefined;
  const session = await findSession(renewal);
  if (session === undefined || record === undefined) return undefined;
  if (session.expiresAt !== undefined && session.expiresAt <= host.clock.now()) {
    host.log.info("the session has ended", { endedAt: session.expiresAt });
    return undefined;
  }
  const issued = await refreshOnce(renewal, session);
  if (issued !== undefined) return issued;
  // Another process, without our lock, may have replaced the session meanwhile (S29).
  const latest = await readSession(record, host);
  if (latest !== undefined && latest.secret.reveal() !== session.secret.reveal()) return await refreshOnce(renewal, latest);
  await forgetSession(record, host);
  return undefined;
}

/** The old credential, when it has not ended yet and the issuer cannot be reached to renew it. */
function findStillValid(renewal: Renewal, error: unknown): ReadyCredential | undefined {
  const { key, request, host } = renewal;
  if (!isCredentialError(error) || error.exitCode !== 5 || request.settings.isRefreshForced === true) return undefined;
  const entry = findEntry(host, key, request.provider.name);
  if (entry === undefined || entry.credential.expiresAt <= host.clock.now()) return undefined;
  if (entry.sourceFingerprint !== request.provider.sourceFingerprint) return undefined;
  host.log.warn("the issuer cannot be reached, so the old credential is used until it ends", {
    endsAt: entry.credential.expiresAt,
    code: error.code,
    reason: error.message,
  });
  return { credential: entry.credential, renewAt: entry.credential.expiresAt };
}

async function signIn(renewal: Renewal): Promise<Issued> {
  const { key, request, record, host, lock } = renewal;
  const { provider, settings } = request;
  if (provider.needsPerson === true) {
    const refusal = judgeAsking(key, request, decideForRequest(request, host), host);
    if (refusal !== undefined) throw refusal;
  }
  const issued = await endWhenAborted(host.signal, () => provider.signIn(createSignInContext(key, request, host, lock)));
  if (settings.isPersonActing !== true) judgeSubject(record, issued);
  return issued;
}

const forgettable = new Set(["LOGIN_REQUIRED", "INTERRUPTED"]);

function rememberFailure(renewal: Renewal, error: CredentialError): void {
  const { key, request, host } = renewal;
  if (error.code === "INTERRUPTED" && host.terminal.isTerminal) {
    // Ctrl-C at a terminal is an answer.
    const attempts = readAttempts(host, key);
    writeAttempts(host, key, { ...attempts, fruitless: 0 });
  }
  if (forgettable.has(error.code)) return;
  const attempts = readAttempts(host, key);
  const { code, message, hint } = error;
  // Whoever cancels at the terminal is there.
  const fruitless = code === "CANCELLED" ? 0 : attempts.fruitless;
  const failure = { at: host.clock.now(), code, message, hint, sourceFingerprint: request.provider.sourceFingerprint };
  writeAttempts(host, key, { fruitless, failure });
}

/**
 * Refreshes, or signs in (steps 7 to 9 of the design). The identity's lock is held by the caller. A network failure while
 * refreshing throws and never starts a sign-in (S30); the session stays.
 */
export async function renewCredential(
  key: string,
  request: CredentialRequest,
  host: Host,
  lock: IdentityLock | undefined,
): Promise<ReadyCredential> {
  const { settings, provider } = request;
  const renewal: Renewal = { key, request, host, lock, record: findSignInRecord(host, key) };
  if (settings.isPersonActing === true) writeAttempts(host, key, noAttempts);
  const recent = judgeRecentFailure(readAttempts(host, key), host.clock.now(), provider.sourceFingerprint);
  if (recent !== undefined) throw recent;
  try {
    const refreshed = await tryRefresh(renewal);
    if (refreshed !== undefined) judgeSubject(renewal.record, refreshed);
    const issued = refreshed ?? (await signIn(renewal));
    judgeIssued(issued, host.clock.now());
    const ready = await keepIssued(renewal, issued, refreshed === undefined ? "sign-in" : "refresh");
    writeAttempts(host, key, noAttempts);
    return ready;
  } catch (error) {
    const old = findStillValid(renewal, error);
    if (old !== undefined) return old;
    const failure = host.signal.aborted ? toCredentialError(host.signal.reason) : toCredentialError(error);
    rememberFailure(renewal, failure);
    throw failure;
  }
}
