import { isCredentialError } from "@kubepass/wire";
import type { FindPrivateDnsName } from "../aws-iam-verifier.ts";
import { RateLimit } from "../sts/rate-limit.ts";

/** What the look-up is made of. */
export interface PrivateDnsNamesOptions {
  /** Asks EC2 about some ids: names by id, those that it knows. Throws when it cannot tell. */
  readonly describe: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Calls of EC2 a second, and at once. */
  readonly perSecond: number;
  readonly burst: number;
  readonly now: () => Date;
  /** Waits before a batch is sent, so that others can join it. Rejects when nobody is to be asked any more. */
  readonly pause: (durationMs: number) => Promise<void>;
}

type Found = Awaited<ReturnType<FindPrivateDnsName>>;

interface Kept {
  readonly found: Found;
  readonly endsAtMs: number;
}

interface Waiting {
  readonly resolve: (found: Found) => void;
  readonly result: Promise<Found>;
}

const batchSize = 100;
const batchPauseMs = 20;
const maxKept = 10_000;
const maxWaiting = 2000;
// An instance keeps its name for life; an id that EC2 does not know may be a machine that starts just now.
const knownMs = 3_600_000;
const unknownMs = 10_000;

function openWaiting(): Waiting {
  let resolve: (found: Found) => void = () => {};
  const result = new Promise<Found>((settle) => void (resolve = settle));
  return { resolve, result };
}

/**
 * Private DNS names of EC2 instances: asked for in batches, each id once at a time, kept within bounds. Ids come from session
 * names, which callers choose: unknown ones are remembered shortly, and spoil nothing for others.
 */
export class PrivateDnsNames {
  readonly #options: PrivateDnsNamesOptions;
  // Apart, so that a flood of made-up ids does not push the real ones out.
  readonly #known = new Map<string, Kept>();
  readonly #unknown = new Map<string, Kept>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #rate: RateLimit;
  #queue: string[] = [];
  #isSending = false;

  constructor(options: PrivateDnsNamesOptions) {
    this.#options = options;
    this.#rate = new RateLimit(options.perSecond, options.burst);
  }

  /** The name of an instance, or why nobody can tell it. Never throws. */
  find: FindPrivateDnsName = async (id) => {
    const kept = this.#known.get(id) ?? this.#unknown.get(id);
    if (kept !== undefined && kept.endsAtMs > this.#options.now().getTime()) return kept.found;
    const running = this.#waiting.get(id);
    if (running !== undefined) return await running.result;
    if (this.#waiting.size >= maxWaiting)
      return { kind: "uncertain", message: "too many EC2 instances are being looked up", retryAfterMs: 1000 };
    const waiting = openWaiting();
    this.#waiting.set(id, waiting);
    this.#queue.push(id);
    void this.#send();
    return await waiting.result;
  };

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#queue.length > 0) await this.#sendBatch();
    } catch {
      this.#giveUp();
    } finally {
      this.#isSending = false;
    }
  }

  async #sendBatch(): Promise<void> {
    await this.#options.pause(batchPauseMs);
    const waitMs = this.#rate.take(this.#options.now().getTime());
    if (waitMs > 0) await this.#options.pause(waitMs);
    const ids = this.#queue.slice(0, batchSize);
    this.#queue = this.#queue.slice(batchSize);
    await this.#describe(ids);
  }

  /** Leaves nobody waiting. */
  #giveUp(): void {
    this.#queue = [];
    for (const id of this.#waiting.keys()) this.#settle(id, { kind: "uncertain", message: "EC2 is not asked any more" });
  }

  async #describe(ids: readonly string[]): Promise<void> {
    let outcome: ReadonlyMap<string, string> | string;
    try {
      outcome = await this.#options.describe(ids);
    } catch (error) {
      outcome = isCredentialError(error) ? error.message : "EC2 could not be asked";
    }
    for (const id of ids)
      this.#settle(id, typeof outcome === "string" ? { kind: "uncertain", message: outcome } : this.#judge(id, outcome));
  }

  #judge(id: string, names: ReadonlyMap<string, string>): Found {
    const name = names.get(id);
    const found: Found = name === undefined ? { kind: "unknown" } : { kind: "found", name };
    const [mine, other, lifeMs] = name === undefined ? [this.#unknown, this.#known, unknownMs] : [this.#known, this.#unknown, knownMs];
    other.delete(id);
    mine.delete(id);
    const [oldest] = mine.size >= maxKept ? mine.keys() : [];
    if (oldest !== undefined) mine.delete(oldest);
    mine.set(id, { found, endsAtMs: this.#options.now().getTime() + lifeMs });
    return found;
  }

  #settle(id: string, found: Found): void {
    this.#waiting.get(id)?.resolve(found);
    this.#waiting.delete(id);
  }
}
