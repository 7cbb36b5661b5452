import { type Credential, formatExecCredential, isCredentialError } from "@kubepass/wire";
import type { ClientHost } from "../client-host.ts";
import type { CredentialCache, CredentialCacheLock } from "./credential-cache.ts";
import { formatCacheKey } from "./describe-cluster.ts";
import type { PluginCall } from "./plugin-call.ts";
import { readStoredAnswer } from "./read-answer.ts";

function isSameCredential(left: Credential, right: Credential): boolean {
  return left.token?.reveal() === right.token?.reveal() && isSameCertificate(left, right);
}

/** Whether two credentials prove the same by certificate; also when neither has one. */
export function isSameCertificate(left: Credential | undefined, right: Credential): boolean {
  const [one, other] = [left?.clientCertificate, right.clientCertificate];
  return one?.certificatePem === other?.certificatePem && one?.privateKeyPem.reveal() === other?.privateKeyPem.reveal();
}

/**
 * A plugin's credential in the store that the program brought, if it brought one. A store that cannot be read, locked or written is a
 * warning: the plugin is then run as it would be without.
 */
export class StoredCredential {
  readonly #call: PluginCall;
  readonly #key: string;
  readonly #host: ClientHost;
  readonly #isFresh: (credential: Credential) => boolean;
  #refused: Credential | undefined;
  #isTroubleTold = false;

  constructor(call: PluginCall, key: string, host: ClientHost, isFresh: (credential: Credential) => boolean) {
    this.#call = call;
    this.#key = key;
    this.#host = host;
    this.#isFresh = isFresh;
  }

  /** The server did not take this one: it is never taken from the store again, and not given to other processes. */
  refuse(credential: Credential): void {
    this.#refused = credential;
  }

  /** What the store has, if it can be used now. Never throws. */
  async find(): Promise<Credential | undefined> {
    const credential = await this.#read();
    return credential !== undefined && this.#isUsable(credential) ? credential : undefined;
  }

  /**
   * Runs the plugin as the only one of all processes that share the store, unless another has done so meanwhile. Throws what `run`
   * throws, and the signal's reason.
   */
  async renew(run: () => Promise<Credential>, signal: AbortSignal): Promise<Credential> {
    const lock = await this.#lock(signal);
    try {
      // Between the last look and the lock, its former holder may have finished.
      const finished = await this.find();
      if (finished !== undefined) return finished;
      await this.#dropRefused();
      const credential = await run();
      await this.#write(credential);
      return credential;
    } finally {
      lock?.release();
    }
  }

  #isRefused(credential: Credential): boolean {
    return this.#refused !== undefined && isSameCredential(this.#refused, credential);
  }

  #isUsable(credential: Credential): boolean {
    // Without an end a credential could never leave the store.
    return credential.expiresAt !== undefined && this.#isFresh(credential) && !this.#isRefused(credential);
  }

  async #lock(signal: AbortSignal): Promise<CredentialCacheLock | undefined> {
    const onLongWait = (processId: number | undefined): void => {
      const who = processId === undefined ? "another process" : `process ${processId}`;
      this.#host.log.warn(`waiting for the credential plugin that ${who} runs`, { command: this.#call.exec.command });
    };
    const isDone = async (): Promise<boolean> => (await this.find()) !== undefined;
    try {
      return await this.#cache?.lock?.(this.#cacheKey(), { signal, isDone, onLongWait });
    } catch (error) {
      if (signal.aborted) throw error;
      this.#warn(error);
      return undefined;
    }
  }

  async #read(): Promise<Credential | undefined> {
    let text: string | undefined;
    try {
      text = await this.#cache?.read(this.#cacheKey());
    } catch (error) {
      this.#warn(error);
    }
    if (text === undefined) return undefined;
    try {
      return readStoredAnswer(text, this.#call.apiVersion);
    } catch {
      this.#host.log.warn("dropping a damaged credential from the store", { command: this.#call.exec.command });
      await this.#remove();
      return undefined;
    }
  }

  /** Other processes would only be refused as well, if the plugin fails now. */
  async #dropRefused(): Promise<void> {
    if (this.#refused === undefined) return;
    const stored = await this.#read();
    if (stored !== undefined && this.#isRefused(stored)) await this.#remove();
  }

  async #remove(): Promise<void> {
    try {
      await this.#cache?.remove(this.#cacheKey());
    } catch (error) {
      this.#warn(error);
    }
  }

  async #write(credential: Credential): Promise<void> {
    const { expiresAt } = credential;
    if (this.#cache === undefined || expiresAt === undefined || !this.#isUsable(credential)) return;
    try {
      await this.#cache.write(this.#cacheKey(), formatExecCredential(credential, this.#call.apiVersion, expiresAt), expiresAt);
      this.#isTroubleTold = false;
    } catch (error) {
      this.#warn(error);
    }
  }

  /** Once for trouble that lasts. */
  #warn(error: unknown): void {
    if (this.#isTroubleTold) return;
    this.#isTroubleTold = true;
    // What a stranger's store says may be anything.
    const reason = isCredentialError(error) ? `: ${error.message}` : "";
    this.#host.log.warn(`the credential store cannot be used, so that the plugin runs more often${reason}`);
  }

  get #cache(): CredentialCache | undefined {
    return this.#call.options.cache;
  }

  #cacheKey(): string {
    return formatCacheKey(this.#key, this.#host.environment.variables);
  }
}
