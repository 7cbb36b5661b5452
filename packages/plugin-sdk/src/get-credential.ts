import { join } from "node:path";
import { acquireLock, type LockOutcome, type ProcessIdentity } from "@kubepass/storage";
import { isCredentialError } from "@kubepass/wire";
import { findEntry } from "./cache/credential-store.ts";
import { isFresh, type CacheEntry } from "./cache/entry.ts";
import { deriveCacheKey } from "./cache/key.ts";
import type { CredentialRequest, ReadyCredential } from "./credential-request.ts";
import { decideForRequest } from "./decide-for-request.ts";
import type { Host } from "./host.ts";

// Longer than a sign-in takes that says nothing of it, so that a waiting process outlives the one it waits for.
const lockTimeoutMs = 200_000;
// No sign-in may take longer than a day (options are refused, device codes cut), plus the time it needs to end.
const longestWaitMs = 25 * 3_600_000;

/** Whether anybody may be asked: only whoever waits wants to know. */
function isSomebodyThere(request: CredentialRequest, host: Host): boolean {
  return decideForRequest(request, host).mode !== "never";
}

function tellWait(holder: ProcessIdentity | undefined, request: CredentialRequest, host: Host): void {
  if (!isSomebodyThere(request, host)) return host.log.info("waiting for the sign-in of another process", { process: holder?.id });
  const whose = holder === undefined ? "another process" : `process ${holder.id}`;
  host.terminal.write(`waiting for the sign-in that ${whose} has begun (Ctrl-C ends the wait)\n`);
}

async function lockIdentity(
  key: string,
  find: () => CacheEntry | undefined,
  request: CredentialRequest,
  host: Host,
): Promise<LockOutcome<CacheEntry> | undefined> {
  try {
    return await acquireLock(
      {
        directory: join(host.directories.runtime, "locks", key),
        doing: "signing in to the same identity",
        timeoutMs: lockTimeoutMs,
        // Whoever can ask nobody does not wait for somebody either.
        get longestMs() {
          return isSomebodyThere(request, host) ? longestWaitMs : undefined;
        },
        signal: host.signal,
        find,
        onLongWait: (holder) => tellWait(holder, request, host),
      },
      host,
    );
  } catch (error) {
    if (!isCredentialError(error, "STORE_UNWRITABLE")) throw error;
    host.log.warn("continuing without a lock: parallel commands may each ask to sign in", { code: error.code, reason: error.message });
    return undefined;
  }
}

/**
 * The one job of a credential plugin, step by step (ARCHITECTURE.md): a fresh cached credential at once, else one
 * refresh or sign-in over all processes of the user. Throws `CredentialError`.
 */
export async function getCredential(request: CredentialRequest, host: Host): Promise<ReadyCredential> {
  const { provider, settings } = request;
  const startedAt = host.clock.now();
  const key = deriveCacheKey(provider.name, provider.identity);
  const find = (): CacheEntry | undefined => {
    const entry = findEntry(host, key, provider.name);
    if (entry === undefined || entry.sourceFingerprint !== provider.sourceFingerprint) return undefined;
    if (!isFresh(entry, host.clock.now())) return undefined;
    return settings.isRefreshForced === true && entry.issuedAt < startedAt ? undefined : entry;
  };

  const cached = find();
  if (cached !== undefined) return cached;
  host.protectMemory();
  if (provider.isComputed === true) {
    const { computeCredential } = await import("./compute-credential.ts");
    return await computeCredential(key, request, host);
  }

  const outcome = await lockIdentity(key, find, request, host);
  if (outcome?.kind === "found") return outcome.value;
  try {
    // Between the last look and the lock, its former holder may have finished.
    const finished = find();
    if (finished !== undefined) return finished;
    // Loaded only here: the hot path of every kubectl call ends above.
    const { renewCredential } = await import("./renew-credential.ts");
    return await renewCredential(key, request, host, outcome?.lock);
  } finally {
    outcome?.lock.release();
  }
}
