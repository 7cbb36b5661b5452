import { hash } from "node:crypto";
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
  return hash("sha256", token).slice(0, 16);
}

/** The instant as text; of one millisecond, made once. */
function createTimes(): (at: Date) => string {
  let [lastMs, last] = [Number.NaN, ""];
  return (at) => {
    const ms = at.getTime();
    if (ms !== lastMs) [lastMs, last] = [ms, at.toISOString()];
    return last;
  };
}

/** The members of a line that one decision always has, without braces. */
interface Parts {
  readonly said: string;
  readonly token: string;
}

function formatParts({ decision, token }: Review): Parts {
  const { outcome, code, verifier } = decision;
  const reason = outcome === "verified" ? undefined : decision.message;
  const fingerprint = fingerprintToken(token);
  return {
    said: JSON.stringify({ outcome, code, reason, verifier }).slice(1, -1),
    token: fingerprint === undefined ? "" : `,"token":"${fingerprint}"`,
  };
}

/** The parts of a review's decision; of one that is kept, and so belongs to one token, made once. */
function createParts(): (review: Review) => Parts {
  const known = new WeakMap<Decision, Parts>();
  return (review) => {
    if (review.source !== "cache") return formatParts(review);
    const parts = known.get(review.decision) ?? formatParts(review);
    known.set(review.decision, parts);
    return parts;
  };
}

/**
 * Makes what formats one line of JSON without its end. Neither the token nor anything that it says is in it. Put together by hand: each
 * review writes one, and most of it is the same each time.
 */
export function createDecisionFormatter(): (logged: LoggedReview) => string {
  const [formatTime, partsOf] = [createTimes(), createParts()];
  return ({ id, review, at, latencyMs }) => {
    const { said, token } = partsOf(review);
    const latency = Math.round(latencyMs * 1000) / 1000;
    return `{"apiVersion":"kubepass.dev/v1","kind":"Decision","time":"${formatTime(at)}","id":${JSON.stringify(id)},${said},"source":"${review.source}","latencyMs":${latency}${token}}`;
  };
}

/** What a {@link LineWriter} tells. */
export interface LineWriterObserver {
  /** Nobody reads any more; told once. */
  readonly onFailure: () => void;
  /** A line was left out, because those before it wait for a reader. */
  readonly onDropped: () => void;
}

// Some thousands of lines.
const defaultMaxWaitingLength = 4 * 1024 * 1024;

/** Gathers lines and writes those of one turn of the event loop together. Never waits for the reader: what is too much is left out. */
export class LineWriter {
  readonly #write: (text: string) => void | Promise<void>;
  readonly #observer: LineWriterObserver;
  readonly #maxWaitingLength: number;
  #lines: string[] = [];
  #length = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  /** `maxWaitingLength` bounds what waits for the reader, in characters; default 4 MiB. */
  constructor(write: (text: string) => void | Promise<void>, observer: LineWriterObserver, maxWaitingLength = defaultMaxWaitingLength) {
    this.#write = write;
    this.#observer = observer;
    this.#maxWaitingLength = maxWaitingLength;
  }

  add(line: string): void {
    if (this.#hasFailed) return;
    if (this.#length + line.length > this.#maxWaitingLength) return this.#observer.onDropped();
    if (this.#lines.length === 0 && this.#writing === undefined) setImmediate(() => this.#flush());
    this.#lines.push(line);
    this.#length += line.length;
  }

  /** Writes what is there; resolves when it is written, or the time is over. */
  async close(timeoutMs: number): Promise<void> {
    this.#flush();
    let timer: NodeJS.Timeout | undefined;
    const isOver = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), timeoutMs)));
    // What came while one text was being written is the next one.
    while (this.#writing !== undefined) if ((await Promise.race([this.#writing, isOver])) === false) break;
    clearTimeout(timer);
  }

  #flush(): void {
    if (this.#lines.length === 0 || this.#writing !== undefined) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#length = 0;
    this.#writing = this.#put(text);
  }

  async #put(text: string): Promise<void> {
    // After the caller has noted that this goes on.
    await Promise.resolve();
    try {
      await this.#write(text);
    } catch {
      // That is told once, and reviews go on.
      this.#hasFailed = true;
      this.#lines = [];
      this.#observer.onFailure();
    }
    this.#writing = undefined;
    this.#flush();
  }
}
