import { hash, randomBytes } from "node:crypto";

/** How much is kept, and for how long. */
export interface ResultCacheLimits {
  /** Least recently used entries go first; 0 keeps nothing. */
  readonly maxEntries: number;
  /** How long a verified token stays so, at most until it expires. */
  readonly successMs: number;
  /** How long a refused token stays so. */
  readonly refusalMs: number;
}

interface Entry<T> {
  readonly value: T;
  readonly endsAtMs: number;
}

/**
 * Results by token and audiences. Keys are hashes under a key that only this process has, so that neither the memory of another
 * process nor a collision made elsewhere helps anybody; tokens themselves are not kept.
 */
export class ResultCache<T> {
  readonly #key = randomBytes(32).toString("hex");
  readonly #entries = new Map<string, Entry<T>>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /**
   * The key of a question. The secret fills SHA-256's first block, and lengths go before what they measure, so that no question is the
   * beginning of another one: such a hash is as good as an HMAC, and takes a third of its time.
   */
  keyOf(token: string, audiences: readonly string[]): string {
    const asked = audiences.length === 0 ? "" : JSON.stringify(audiences);
    return hash("sha256", `${this.#key}${token.length}:${asked.length}:${token}${asked}`, "base64");
  }

  /** What is kept and has not ended. */
  find(key: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.endsAtMs <= nowMs) return undefined;
    // The map remembers the order: what was used goes to the end.
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a result until an instant; what was not used for longest makes room. */
  keep(key: string, value: T, endsAtMs: number, nowMs: number): void {
    if (endsAtMs <= nowMs || this.#maxEntries === 0) return;
    this.#entries.delete(key);
    const [oldest] = this.#entries.size >= this.#maxEntries ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { value, endsAtMs });
  }

  /** How many results are held, ended ones included. */
  get size(): number {
    return this.#entries.size;
  }
}
