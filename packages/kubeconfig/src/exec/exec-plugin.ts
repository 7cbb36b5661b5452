import type { Credential } from "@kubepass/wire";
import type { ClientHost } from "../client-host.ts";
import { createSharedTask } from "../shared-task.ts";
import { callPlugin, type PluginCall } from "./plugin-call.ts";
import { isSameCertificate, StoredCredential } from "./stored-credential.ts";

/**
 * Told when a plugin answers with another client certificate than before. `isFresh` is false when the answer had expired when it
 * came: then there will be another for the next request, and requests under way must not end each other.
 */
export type CertificateListener = (isFresh: boolean) => void;

interface Failure {
  readonly error: unknown;
  readonly untilMs: number;
  readonly count: number;
}

const maxDoublings = 5;

/**
 * A plugin with the credential it gave last: run once at a time, whoever asks, and again only when the credential has expired or
 * the server refused it. What is kept changes only when an answer is good as a whole.
 */
export class ExecPlugin {
  readonly #call: PluginCall;
  readonly #host: ClientHost;
  readonly #stored: StoredCredential;
  readonly #listeners = new Set<CertificateListener>();
  readonly #run: (signal?: AbortSignal) => Promise<Credential>;
  #current: Credential | undefined;
  #failure: Failure | undefined;

  constructor(call: PluginCall, key: string, host: ClientHost) {
    this.#call = call;
    this.#host = host;
    this.#stored = new StoredCredential(call, key, host, (credential) => this.#isFresh(credential));
    this.#run = createSharedTask(async (signal) => await this.#renew(signal));
  }

  /**
   * The credential to use now; the same object until it changes. Throws as `callPlugin`; when the signal aborts, its reason, and
   * the plugin is stopped if nobody else waits for it.
   */
  async get(signal?: AbortSignal): Promise<Credential> {
    const kept = this.#current;
    return kept !== undefined && this.#isFresh(kept) ? kept : await this.#run(signal);
  }

  /** The server answered 401 to a credential: gets another one, unless that has happened already. Throws as {@link get}. */
  async replace(refused: Credential, signal?: AbortSignal): Promise<Credential> {
    const kept = this.#current;
    if (kept !== undefined && kept !== refused) return kept;
    this.#stored.refuse(refused);
    return await this.#run(signal);
  }

  /** The credential of the last run, if there was one. Runs nothing. */
  find(): Credential | undefined {
    return this.#current;
  }

  onCertificateChange(listener: CertificateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #nowMs(): number {
    return this.#host.clock.now().getTime();
  }

  #isFresh(credential: Credential): boolean {
    const { expiresAt } = credential;
    return expiresAt === undefined || this.#nowMs() <= expiresAt.getTime() - (this.#call.options.expiryMarginMs ?? 0);
  }

  async #renew(signal: AbortSignal): Promise<Credential> {
    const found = await this.#stored.find();
    if (found !== undefined) return this.#keep(found);
    const failure = this.#failure;
    if (failure !== undefined && this.#nowMs() < failure.untilMs) throw failure.error;
    try {
      const credential = await this.#stored.renew(async () => await callPlugin(this.#call, this.#host, signal), signal);
      this.#failure = undefined;
      return this.#keep(credential);
    } catch (error) {
      if (!signal.aborted) this.#rememberFailure(error);
      throw error;
    }
  }

  #rememberFailure(error: unknown): void {
    const { failurePauseMs } = this.#call.options;
    if (failurePauseMs === undefined) return;
    const count = (this.#failure?.count ?? 0) + 1;
    this.#failure = { error, count, untilMs: this.#nowMs() + failurePauseMs * 2 ** Math.min(count - 1, maxDoublings) };
  }

  #keep(credential: Credential): Credential {
    const before = this.#current;
    this.#current = credential;
    const isFresh = this.#isFresh(credential);
    if (!isFresh) {
      this.#host.log.warn("the credential plugin's answer has expired already, so it runs for every request: check this machine's clock", {
        command: this.#call.exec.command,
      });
    }
    // Before the first run there was no certificate, and a connection may have been made without one.
    if (!isSameCertificate(before, credential)) for (const listener of this.#listeners) listener(isFresh);
    return credential;
  }
}
