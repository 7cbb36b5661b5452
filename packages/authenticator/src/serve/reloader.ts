import { CredentialError, toCredentialError } from "@kubepass/wire";
import { type Generation, loadGeneration, type Shared } from "./load-generation.ts";
import type { ServeHost } from "./serve-host.ts";
import { areUnchanged } from "./tracked-files.ts";
import { startWatch, type Watch } from "./watch-files.ts";

/** What the reloader reports to. */
export interface ReloadObserver extends Shared {
  /** A new configuration is about to be in force. What this throws refuses it. */
  readonly onChange: (generation: Generation) => void;
  readonly onResult: (result: "success" | "failure") => void;
}

/** What cannot change while the sockets are open; `undefined` when nothing of it does. */
function findFixedChange(before: Generation, after: Generation): string | undefined {
  if (before.config.listen.address !== after.config.listen.address) return "listen.address";
  if (before.config.operations.address !== after.config.operations.address) return "operations.address";
  const [one, other] = [before, after].map(({ tls }) => tls.clientAuthorityPem !== undefined);
  if (one !== other) return "whether there is a listen.callers.clientAuthorityFile";
  const bounds = (["maxBodyBytes", "maxConnections", "requestSeconds", "idleSeconds"] as const).find(
    (name) => before.config.limits[name] !== after.config.limits[name],
  );
  return bounds === undefined ? undefined : `limits.${bounds}`;
}

/** Keeps the configuration in force up to date with the files, and never lets a bad one replace a good one. */
export class Reloader {
  readonly #path: string;
  readonly #host: ServeHost;
  readonly #observer: ReloadObserver;
  readonly #watch: Watch;
  #current: Generation;
  #seen: ReadonlyMap<string, string>;
  #isLooking = false;
  #mustLookAgain = false;
  #isOver = false;

  private constructor(path: string, first: Generation, seen: ReadonlyMap<string, string>, host: ServeHost, observer: ReloadObserver) {
    this.#path = path;
    this.#host = host;
    this.#observer = observer;
    this.#current = first;
    this.#seen = seen;
    this.#watch = startWatch(() => void this.look());
    this.#watch.follow(seen.keys());
  }

  /** Loads the first configuration. Throws what is wrong with it. */
  static async start(path: string, host: ServeHost, observer: ReloadObserver): Promise<Reloader> {
    const seen = new Map<string, string>();
    const first = await loadGeneration({ path, before: undefined, seen, shared: observer }, host);
    observer.onResult("success");
    return new Reloader(path, first, seen, host, observer);
  }

  get current(): Generation {
    return this.#current;
  }

  /** Looks whether a file has changed, and takes over what it says when it is good. Never throws. */
  async look(): Promise<void> {
    this.#mustLookAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#mustLookAgain && !this.#isOver) {
      this.#mustLookAgain = false;
      if (!(await areUnchanged(this.#seen))) await this.#reload();
    }
    this.#isLooking = false;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#watch.close();
    for (const { verifier } of this.#current.made) await verifier.close?.();
  }

  async #reload(): Promise<void> {
    const before = this.#current;
    const seen = new Map<string, string>();
    try {
      this.#takeOver(before, await loadGeneration({ path: this.#path, before, seen, shared: this.#observer }, this.#host));
    } catch (error) {
      this.#observer.onResult("failure");
      const reason = toCredentialError(error).message;
      this.#host.log.warn("the new configuration is refused; the last good one stays in force", { reason });
    }
    this.#seen = seen;
    this.#watch.follow(seen.keys());
  }

  /** All of it or nothing: until the last step that may fail, the old one stays in force. */
  #takeOver(before: Generation, after: Generation): void {
    try {
      const fixed = findFixedChange(before, after);
      if (fixed !== undefined) throw new CredentialError("CONFIG_INVALID", `${fixed} has changed, which needs a restart`);
      this.#observer.onChange(after);
    } catch (error) {
      this.#retire(after, before);
      throw error;
    }
    this.#current = after;
    this.#observer.onResult("success");
    this.#host.log.info("the new configuration is in force");
    this.#retire(before, after);
  }

  /** Ends the verifiers that only the old one has, as soon as what they were asked is answered. */
  #retire(old: Generation, kept: Generation): void {
    const gone = old.made.filter((each) => !kept.made.includes(each));
    const close = async (): Promise<void> => {
      for (const { verifier } of gone) await verifier.close?.();
    };
    const startedMs = performance.now();
    const timer = setInterval(() => {
      if (old.reviewer.inFlight > 0 && performance.now() - startedMs < 60_000) return;
      clearInterval(timer);
      void close();
    }, 100);
    timer.unref();
  }
}
