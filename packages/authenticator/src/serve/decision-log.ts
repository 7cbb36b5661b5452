import { createHash } from "node:crypto";
import type { Decision } from "../decision.ts";
import type { Review } from "../review-token.ts";

/** One review, as the log tells it. */
export interface LoggedReview {
  readonly id: string;
  readonly review: Review;
  readonly at: Date;
  readonly latencyMs: number;
}

// Shorter ones may be guessed, and a hash of a guess can be compared.
const minFingerprintLength = 32;

/**
 * Tells one token from another without telling the token: the first 16 hexadecimal digits of its SHA-256, which its owner can compute
 * and quote. `undefined` for tokens of less than 32 characters.
 */
function fingerprintToken(token: string): string | undefined {
  if (token.length < minFingerprintLength) return undefined;
  return createHash("sha256").update(token).digest("hex").slice(0, 16);
}

/** Fingerprints of reviews; of a decision that is kept, and so belongs to one token, computed once. */
function createFingerprints(): (review: Review) => string | undefined {
  const known = new WeakMap<Decision, string>();
  return ({ decision, source, token }) => {
    const kept = source === "cache" ? known.get(decision) : undefined;
    const fingerprint = kept ?? fingerprintToken(token);
    if (source === "cache" && kept === undefined && fingerprint !== undefined) known.set(decision, fingerprint);
    return fingerprint;
  };
}

/** Makes what formats one line of JSON without its end. Neither the token nor anything that it says is in it. */
export function createDecisionFormatter(): (logged: LoggedReview) => string {
  const fingerprintOf = createFingerprints();
  return ({ id, review, at, latencyMs }) => {
    const { decision, source } = review;
    return JSON.stringify({
      apiVersion: "kubepass.dev/v1",
      kind: "Decision",
      time: at.toISOString(),
      id,
      outcome: decision.outcome,
      code: decision.code,
      reason: decision.outcome === "verified" ? undefined : decision.message,
      verifier: decision.verifier,
      source,
      latencyMs: Math.round(latencyMs * 1000) / 1000,
      token: fingerprintOf(review),
    });
  };
}

/** Gathers lines and writes those of one turn of the event loop together. */
export class LineWriter {
  readonly #write: (text: string) => void;
  readonly #onFailure: () => void;
  #lines: string[] = [];
  #hasFailed = false;

  constructor(write: (text: string) => void, onFailure: () => void) {
    this.#write = write;
    this.#onFailure = onFailure;
  }

  add(line: string): void {
    if (this.#hasFailed) return;
    if (this.#lines.length === 0) setImmediate(() => this.flush());
    this.#lines.push(line);
  }

  /** Writes what is there. When nobody reads any more, that is told once, and reviews go on. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    try {
      this.#write(text);
    } catch {
      this.#hasFailed = true;
      this.#onFailure();
    }
  }
}
