import { toCredentialError } from "@kubepass/wire";
import type { FetchedKeys } from "./issuer-documents.ts";
import type { VerificationKey } from "./key-set.ts";

/** Limits of one issuer's key source. */
export interface KeySourceLimits {
  /** For one fetch of discovery document and keys. */
  readonly deadlineMs: number;
  /** Between two fetches that tokens with unknown keys or wrong signatures ask for. */
  readonly minRefetchMs: number;
  /** How long a kid that the issuer does not publish is remembered as such. */
  readonly unknownKidMs: number;
  readonly maxUnknownKids: number;
  /** After the first failed fetch; doubled after each further one, up to the second. */
  readonly breakerMs: readonly [first: number, last: number];
}

/** Bounds that suit an issuer on the Internet. */
export const defaultKeySourceLimits: KeySourceLimits = {
  deadlineMs: 10_000,
  minRefetchMs: 10_000,
  unknownKidMs: 60_000,
  maxUnknownKids: 1000,
  breakerMs: [1000, 60_000],
};

/** What a key source knows of the key that a token names. */
export type FoundKeys =
  | { readonly kind: "keys"; readonly keys: readonly VerificationKey[] }
  /** The issuer does not publish it, by keys fresh enough to say so. */
  | { readonly kind: "unknown" }
  /** Nobody can tell now: no keys, or none fetched lately enough. */
  | { readonly kind: "unavailable"; readonly isBusy: boolean; readonly message: string; readonly retryAfterMs: number };

/** How an issuer's keys stand, for readiness and metrics. */
export interface KeySourceStatus {
  /** Whether keys are there. */
  readonly isReady: boolean;
  readonly fetchedAt: Date | undefined;
  readonly failures: number;
  /** One line; of the last fetch, when it failed. */
  readonly lastFailure: string | undefined;
}

/** Where verification keys come from. */
export interface KeySource {
  find(kid: string, now: Date): FoundKeys | Promise<FoundKeys>;
  /** Fetches again because no key fits, unless that was done a moment ago; whether there are newer keys now. */
  refetch(now: Date): Promise<boolean>;
  status(): KeySourceStatus;
  /** Ends a fetch that runs. */
  close?(): void;
}

/** Keys given once and for all, for tests and for `explain` without a network. */
export function createFixedKeySource(keys: readonly VerificationKey[]): KeySource {
  const named = (kid: string): readonly VerificationKey[] => (kid === "" ? keys : keys.filter((key) => key.kid === kid));
  return {
    find: (kid) => (named(kid).length === 0 ? { kind: "unknown" } : { kind: "keys", keys: named(kid) }),
    refetch: async () => false,
    status: () => ({ isReady: true, fetchedAt: undefined, failures: 0, lastFailure: undefined }),
  };
}

interface Held extends FetchedKeys {
  readonly byKid: ReadonlyMap<string, readonly VerificationKey[]>;
  readonly fetchedAtMs: number;
}

function hold(fetched: FetchedKeys, fetchedAtMs: number): Held {
  const byKid = new Map<string, VerificationKey[]>();
  for (const key of fetched.keys) byKid.set(key.kid, [...(byKid.get(key.kid) ?? []), key]);
  return { ...fetched, byKid, fetchedAtMs };
}

/** An issuer's keys: fetched when needed, once at a time, kept through an outage, asked for again within limits. */
export class IssuerKeySource implements KeySource {
  readonly #fetch: (signal: AbortSignal) => Promise<FetchedKeys>;
  readonly #limits: KeySourceLimits;
  readonly #closed = new AbortController();
  readonly #unknownKids = new Map<string, number>();
  #held: Held | undefined;
  #inFlight: Promise<boolean> | undefined;
  #lastStartMs = Number.NEGATIVE_INFINITY;
  #blockedUntilMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #lastFailure: string | undefined;

  constructor(fetch: (signal: AbortSignal) => Promise<FetchedKeys>, limits: KeySourceLimits = defaultKeySourceLimits) {
    this.#fetch = fetch;
    this.#limits = limits;
  }

  find(kid: string, now: Date): FoundKeys | Promise<FoundKeys> {
    const held = this.#held;
    if (held === undefined) return this.#findAfterFetch(kid, now);
    const keys = this.#select(held, kid);
    if (keys.length === 0) return this.#isKnownUnknown(kid, now) ? { kind: "unknown" } : this.#findAfterFetch(kid, now);
    // Stale keys serve on while new ones are fetched: an issuer that is down locks nobody out.
    if (now.getTime() > held.fetchedAtMs + held.lifetimeMs) void this.#start(now);
    return { kind: "keys", keys };
  }

  async refetch(now: Date): Promise<boolean> {
    const before = this.#held;
    if (this.#waitMs(now) > 0 && this.#inFlight === undefined) return false;
    await this.#start(now);
    return this.#held !== before;
  }

  /** Fetches keys when there are none; whether there are any then. For start-up and reload. */
  async prepare(now: Date): Promise<boolean> {
    return this.#held !== undefined || (await this.#start(now));
  }

  status(): KeySourceStatus {
    const held = this.#held;
    return {
      isReady: held !== undefined,
      fetchedAt: held === undefined ? undefined : new Date(held.fetchedAtMs),
      failures: this.#failures,
      lastFailure: this.#lastFailure,
    };
  }

  /** Ends a fetch that runs. */
  close(): void {
    this.#closed.abort(new Error("the key source was closed"));
  }

  #select(held: Held, kid: string): readonly VerificationKey[] {
    return kid === "" ? held.keys : (held.byKid.get(kid) ?? []);
  }

  async #findAfterFetch(kid: string, now: Date): Promise<FoundKeys> {
    const waitMs = this.#waitMs(now);
    if (waitMs > 0 && this.#inFlight === undefined) return this.#unavailable(waitMs);
    const isFetched = await this.#start(now);
    const keys = this.#held === undefined ? [] : this.#select(this.#held, kid);
    if (keys.length > 0) return { kind: "keys", keys };
    if (!isFetched) return this.#unavailable(this.#waitMs(now));
    this.#rememberUnknown(kid, now);
    return { kind: "unknown" };
  }

  #unavailable(retryAfterMs: number): FoundKeys {
    const isBusy = this.#lastFailure === undefined;
    const message = isBusy ? "the issuer's keys were fetched a moment ago" : `the issuer's keys cannot be fetched: ${this.#lastFailure}`;
    return { kind: "unavailable", isBusy, message, retryAfterMs };
  }

  /** How long no fetch may start: after a failure until the breaker closes, after a success for the sake of the issuer. */
  #waitMs(now: Date): number {
    const afterFetchMs =
      this.#held === undefined || this.#failures > 0 ? Number.NEGATIVE_INFINITY : this.#lastStartMs + this.#limits.minRefetchMs;
    return Math.max(0, Math.max(afterFetchMs, this.#blockedUntilMs) - now.getTime());
  }

  /** Starts a fetch, or joins the one that runs. Resolves to whether there are newer keys; never rejects. */
  async #start(now: Date): Promise<boolean> {
    if (this.#inFlight !== undefined) return await this.#inFlight;
    if (now.getTime() < this.#blockedUntilMs) return false;
    this.#lastStartMs = now.getTime();
    const running = this.#run(now);
    this.#inFlight = running;
    try {
      return await running;
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #run(now: Date): Promise<boolean> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#limits.deadlineMs)]);
    try {
      this.#held = hold(await this.#fetch(signal), now.getTime());
      this.#failures = 0;
      this.#lastFailure = undefined;
      this.#unknownKids.clear();
      return true;
    } catch (error) {
      const [firstMs, lastMs] = this.#limits.breakerMs;
      this.#blockedUntilMs = now.getTime() + Math.min(firstMs * 2 ** Math.min(this.#failures, 30), lastMs);
      this.#failures += 1;
      this.#lastFailure = signal.aborted ? `no answer within ${this.#limits.deadlineMs / 1000} s` : toCredentialError(error).message;
      return false;
    }
  }

  #isKnownUnknown(kid: string, now: Date): boolean {
    const untilMs = this.#unknownKids.get(kid);
    return untilMs !== undefined && now.getTime() < untilMs;
  }

  #rememberUnknown(kid: string, now: Date): void {
    const [oldest] = this.#unknownKids.keys();
    if (this.#unknownKids.size >= this.#limits.maxUnknownKids && oldest !== undefined) this.#unknownKids.delete(oldest);
    this.#unknownKids.delete(kid);
    this.#unknownKids.set(kid, now.getTime() + this.#limits.unknownKidMs);
  }
}
