import { Secret } from "@kubepass/wire";
import type { Decision } from "./decision.ts";
import { judgeVerdict, type ReviewPolicy } from "./judge-verdict.ts";
import { ResultCache, type ResultCacheLimits } from "./result-cache.ts";
import type { Verdict, Verifier, VerifyContext } from "./verifier.ts";

/** What a reviewer is made of. */
export interface ReviewerOptions {
  /** In the order in which they are asked whether a token is theirs. */
  readonly verifiers: readonly Verifier[];
  readonly policy: ReviewPolicy;
  readonly cache: ResultCacheLimits;
  /** For one look-up; whoever waits longer is told that nobody knows. */
  readonly timeoutMs: number;
  /** Look-ups at once; more are told to come back. */
  readonly maxInFlight: number;
  readonly now: () => Date;
  /** Told of defects: a verifier that threw. */
  readonly onDefect: (verifier: string, error: unknown) => void;
}

/** How an answer was come by. */
export type Source = "cache" | "shared" | "verifier";

/** A decision, and how it was come by. */
export interface Found {
  readonly decision: Decision;
  readonly source: Source;
}

const unknownToken: Decision = {
  outcome: "refused",
  verifier: "none",
  code: "TOKEN_UNKNOWN",
  message: "no verifier takes tokens of this form",
};
const tooManyReviews: Decision = {
  outcome: "uncertain",
  verifier: "none",
  code: "OVERLOADED",
  message: "too many look-ups run at once",
  retryAfterMs: 1000,
};
const timeIsOver = Symbol("time is over");

function doubt(verifier: Verifier, code: string, message: string): Decision {
  return { outcome: "uncertain", verifier: verifier.name, code, message };
}

/** The signal is made for those who ask for it: most verifiers do not, and it costs more than all else here. */
class ReviewContext implements VerifyContext {
  readonly audiences: readonly string[];
  readonly now: Date;
  #controller: AbortController | undefined;
  #hasEnded = false;

  constructor(audiences: readonly string[], now: Date) {
    this.audiences = audiences;
    this.now = now;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#hasEnded) this.#controller.abort();
    return this.#controller.signal;
  }

  end(): void {
    this.#hasEnded = true;
    this.#controller?.abort();
  }
}

/** Asks verifiers, each question once at a time, and remembers what they said. */
export class Reviewer {
  readonly options: ReviewerOptions;
  readonly #cache: ResultCache<Decision>;
  readonly #inFlight = new Map<string, Promise<Decision>>();

  constructor(options: ReviewerOptions) {
    this.options = options;
    this.#cache = new ResultCache(options.cache.maxEntries);
  }

  /** What the first verifier that takes tokens of this form says of it, or has just said. At once when nobody has to be waited for. */
  decide(token: string, audiences: readonly string[]): Found | Promise<Found> {
    const key = this.#cache.keyOf(token, audiences);
    const kept = this.#cache.find(key, this.options.now().getTime());
    if (kept !== undefined) return { decision: kept, source: "cache" };
    const running = this.#inFlight.get(key);
    if (running !== undefined) return running.then((decision) => ({ decision, source: "shared" }));
    const verifier = this.options.verifiers.find((candidate) => candidate.claims(token));
    if (verifier === undefined) return { decision: unknownToken, source: "verifier" };
    if (this.#inFlight.size >= this.options.maxInFlight) return { decision: tooManyReviews, source: "verifier" };
    const started = this.#ask(verifier, token, audiences);
    if (started instanceof Promise) return this.#follow(key, verifier, started);
    if (verifier.keepsResults !== true) this.#keep(key, started);
    return { decision: started, source: "verifier" };
  }

  async #follow(key: string, verifier: Verifier, started: Promise<Decision>): Promise<Found> {
    const kept = started.then((decision) => {
      if (verifier.keepsResults !== true) this.#keep(key, decision);
      return decision;
    });
    this.#inFlight.set(key, kept);
    try {
      return { decision: await kept, source: "verifier" };
    } finally {
      this.#inFlight.delete(key);
    }
  }

  /** Look-ups that run now. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Results that are kept now. */
  get cacheSize(): number {
    return this.#cache.size;
  }

  /** Not tied to one caller: whoever asks the same meanwhile gets the same answer. */
  #ask(verifier: Verifier, token: string, audiences: readonly string[]): Decision | Promise<Decision> {
    const context = new ReviewContext(audiences, this.options.now());
    try {
      const verdict = verifier.verify(new Secret(token), context);
      return verdict instanceof Promise ? this.#await(verdict, verifier, context) : this.#judge(verdict, verifier, audiences);
    } catch (error) {
      return this.#tellDefect(verifier, error);
    }
  }

  async #await(verdict: Promise<Verdict>, verifier: Verifier, context: ReviewContext): Promise<Decision> {
    const { timeoutMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<typeof timeIsOver>((resolve) => {
      timer = setTimeout(() => resolve(timeIsOver), timeoutMs);
    });
    try {
      const found = await Promise.race([verdict, timeout]);
      if (found !== timeIsOver) return this.#judge(found, verifier, context.audiences);
      return doubt(verifier, "REVIEW_TIMEOUT", `the verifier did not decide within ${timeoutMs / 1000} s`);
    } catch (error) {
      return this.#tellDefect(verifier, error);
    } finally {
      clearTimeout(timer);
      context.end();
    }
  }

  #judge(verdict: Verdict, verifier: Verifier, audiences: readonly string[]): Decision {
    return judgeVerdict(verdict, verifier.name, audiences, this.#policyOf(verifier), this.options.now());
  }

  #tellDefect(verifier: Verifier, error: unknown): Decision {
    this.options.onDefect(verifier.name, error);
    return doubt(verifier, "INTERNAL", "the verifier failed; this is a defect");
  }

  #policyOf(verifier: Verifier): ReviewPolicy {
    const { policy } = this.options;
    return verifier.guardsNames === true ? { ...policy, allowedSystemNames: { has: () => true } } : policy;
  }

  #keep(key: string, decision: Decision): void {
    if (decision.outcome === "uncertain") return;
    const { cache, now } = this.options;
    const nowMs = now().getTime();
    const isYes = decision.outcome === "verified";
    const endsAtMs = nowMs + (isYes ? cache.successMs : cache.refusalMs);
    const expiresAtMs = isYes ? (decision.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    this.#cache.keep(key, decision, Math.min(endsAtMs, expiresAtMs), nowMs);
  }
}
