import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  acquireLock,
  checkPrivateDirectory,
  type LockHost,
  makePrivateDirectory,
  readPrivateFile,
  removeIdleLocks,
  removePrivateFile,
  removeRemnants,
  writePrivateFile,
} from "@kubepass/storage";
import { isJsonObject } from "@kubepass/wire";
import type { CredentialCache, CredentialCacheLock, CredentialCacheWait } from "./credential-cache.ts";

interface StoredEntry {
  readonly expiresAt: Date;
  readonly text: string;
}

/** Where the files lie, and how long another process is waited for. */
export interface CredentialFilesOptions {
  readonly directory: string;
  readonly lockTimeoutMs: number;
}

const format = 1;
// An hour: nobody is about to replace what ended so long ago, and no writer takes so long.
const forgottenMs = 3_600_000;
const idleLockMs = 24 * 3_600_000;
const sweepPauseMs = 600_000;
const keyForm = /^[0-9a-f]{64}$/;
const entryName = /^([0-9a-f]{64})\.json$/;

function checkKey(key: string): void {
  // It becomes the name of a file.
  if (!keyForm.test(key)) throw new TypeError("a key of the credential store is a SHA-256 in lowercase hex");
}

/** `undefined` for what is no entry of this key, such as a file that was copied from another one. */
function parseEntry(text: string, key: string): StoredEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || value["format"] !== format || value["key"] !== key) return undefined;
  const { expiresAt, credential } = value;
  if (typeof expiresAt !== "string" || typeof credential !== "string" || Number.isNaN(Date.parse(expiresAt))) return undefined;
  return { expiresAt: new Date(expiresAt), text: credential };
}

/** Credentials in private files of one folder, and a lock for each of them. Throws what private files and locks throw. */
export class CredentialFiles implements CredentialCache {
  readonly #host: LockHost;
  readonly #directory: string;
  readonly #lockTimeoutMs: number;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(host: LockHost, { directory, lockTimeoutMs }: CredentialFilesOptions) {
    this.#host = host;
    this.#directory = directory;
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  async read(key: string): Promise<string | undefined> {
    const path = this.#pathOf(key);
    if (!checkPrivateDirectory(this.#directory, this.#userId)) return undefined;
    const text = readPrivateFile(path, this.#userId);
    if (text === undefined) return undefined;
    const entry = parseEntry(text, key);
    if (entry === undefined) removePrivateFile(path);
    return entry?.text;
  }

  async write(key: string, text: string, expiresAt: Date): Promise<void> {
    const path = this.#pathOf(key);
    makePrivateDirectory(this.#directory, this.#userId);
    writePrivateFile(path, JSON.stringify({ format, key, expiresAt: expiresAt.toISOString(), credential: text }), this.#userId);
    this.#sweep();
  }

  async remove(key: string): Promise<void> {
    const path = this.#pathOf(key);
    if (!checkPrivateDirectory(this.#directory, this.#userId)) return;
    removePrivateFile(path);
    removeRemnants(path);
  }

  async lock(key: string, wait: CredentialCacheWait): Promise<CredentialCacheLock | undefined> {
    checkKey(key);
    makePrivateDirectory(this.#directory, this.#userId);
    const outcome = await acquireLock(
      {
        directory: join(this.#locks, key),
        doing: "running the same credential plugin",
        timeoutMs: this.#lockTimeoutMs,
        signal: wait.signal,
        find: async () => ((await wait.isDone()) ? true : undefined),
        onLongWait: (holder) => wait.onLongWait(holder?.id),
      },
      this.#host,
    );
    return outcome.kind === "acquired" ? outcome.lock : undefined;
  }

  get #userId(): number | undefined {
    return this.#host.environment.userId;
  }

  get #credentials(): string {
    return join(this.#directory, "credentials");
  }

  get #locks(): string {
    return join(this.#directory, "locks");
  }

  #pathOf(key: string): string {
    checkKey(key);
    return join(this.#credentials, `${key}.json`);
  }

  /** Keys come from variables that change, so entries would pile up whose key nobody asks for again. */
  #sweep(): void {
    const nowMs = this.#host.clock.now().getTime();
    if (nowMs - this.#sweptAtMs < sweepPauseMs) return;
    this.#sweptAtMs = nowMs;
    for (const name of readdirSync(this.#credentials)) {
      try {
        if (this.#isForgotten(name, nowMs)) rmSync(join(this.#credentials, name), { force: true });
      } catch {
        // Another process was quicker, or it is not ours to remove.
      }
    }
    removeIdleLocks(this.#locks, idleLockMs, this.#host);
  }

  #isForgotten(name: string, nowMs: number): boolean {
    const path = join(this.#credentials, name);
    const key = entryName.exec(name)?.[1];
    // File times come from the system's clock.
    if (key === undefined) return name.endsWith(".tmp") && Date.now() - statSync(path).mtimeMs > forgottenMs;
    const entry = parseEntry(readPrivateFile(path, this.#userId) ?? "", key);
    return entry === undefined || nowMs - entry.expiresAt.getTime() > forgottenMs;
  }
}
