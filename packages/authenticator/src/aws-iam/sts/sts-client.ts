import type { Fetch } from "@kubepass/network";
import { clusterIdHeader, type EksTokenParts, formatCallerIdentityUrl, isCredentialError } from "@kubepass/wire";
import { ResultCache } from "../../result-cache.ts";
import type { AwsIamMetrics } from "../metrics.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { type IdentityVerdict, judgeCallerIdentity, type StsAnswer } from "./judge-caller-identity.ts";
import { RateLimit } from "./rate-limit.ts";

/** How much STS may be asked, and how long answers are kept. */
export interface StsLimits {
  readonly perSecond: number;
  readonly burst: number;
  /** Questions that run at the same time. */
  readonly maxInFlight: number;
  /** Tokens whose answers are kept; 0 keeps none. */
  readonly maxEntries: number;
  /** Longest that a yes is kept; the token's own end comes first. */
  readonly successMs: number;
  /** How long a no is kept: credentials may be young, and not known everywhere yet. */
  readonly refusalMs: number;
}

/** Limits that fit one cluster. */
export const defaultStsLimits: StsLimits = {
  perSecond: 500,
  burst: 1000,
  maxInFlight: 256,
  maxEntries: 20_000,
  successMs: 900_000,
  refusalMs: 5000,
};

/** What the client is made of. */
export interface StsClientOptions {
  readonly clusterId: string;
  /** Sends one request and repeats nothing; its time-out and its limit of the answer's size hold for each try. */
  readonly fetch: Fetch;
  readonly limits: StsLimits;
  readonly now: () => Date;
  readonly metrics: AwsIamMetrics;
}

const maxRetryAfterMs = 60_000;

/**
 * What tells of the host, whoever asks. Throttling is of the account that signed, and the answer to one token may be odd by
 * what its maker chose: neither may make others wait.
 */
const failuresOfHost: ReadonlySet<string> = new Set(["STS_UNREACHABLE", "STS_UNAVAILABLE"]);

function readRetryAfterMs(response: Response): number | undefined {
  const seconds = response.headers.get("retry-after") ?? "";
  return /^\d{1,5}$/.test(seconds) ? Math.min(Number(seconds) * 1000, maxRetryAfterMs) : undefined;
}

function objectTo(code: string, message: string, retryAfterMs: number): IdentityVerdict {
  return { kind: "uncertain", code, message, retryAfterMs, isRepeatable: false };
}

/** The part of an endpoint's name in metrics, as aws-iam-authenticator has it. */
export function regionLabel(parts: EksTokenParts): string {
  return parts.endpoint.isGlobal ? "global" : parts.endpoint.region;
}

/** Asks STS who signed tokens: each token once, within limits, and not while its region is down or its access key is throttled. */
export class StsClient {
  readonly #options: StsClientOptions;
  readonly #cache: ResultCache<IdentityVerdict>;
  readonly #running = new Map<string, Promise<IdentityVerdict>>();
  readonly #rate: RateLimit;
  readonly #breaker = new CircuitBreaker({ failures: 5, firstPauseMs: 1000, longestPauseMs: 30_000, maxNames: 256 });
  /**
   * Access keys that STS throttles, each in its region. Whoever knows a key's id can name it in a token: no pause is longer than what
   * an API server waits for.
   */
  readonly #throttled = new CircuitBreaker({ failures: 1, firstPauseMs: 1000, longestPauseMs: 10_000, maxNames: 4096 });

  constructor(options: StsClientOptions) {
    this.#options = options;
    this.#cache = new ResultCache(options.limits.maxEntries);
    this.#rate = new RateLimit(options.limits.perSecond, options.limits.burst);
  }

  /** Who signed a token; its parts are all that is sent. Never throws. */
  async identify(token: string, parts: EksTokenParts, expiresAt: Date): Promise<IdentityVerdict> {
    const key = this.#cache.keyOf(token, []);
    const nowMs = this.#options.now().getTime();
    const kept = this.#cache.find(key, nowMs);
    if (kept !== undefined) return kept;
    const running = this.#running.get(key);
    if (running !== undefined) return await running;
    // Not tied to one caller: whoever shows the same token meanwhile gets the same answer.
    const started = this.#askGuarded(parts).finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    const verdict = await started;
    this.#keep(key, verdict, expiresAt);
    return verdict;
  }

  #keep(key: string, verdict: IdentityVerdict, expiresAt: Date): void {
    if (verdict.kind === "uncertain") return;
    const { limits, now } = this.#options;
    const nowMs = now().getTime();
    const longestMs = verdict.kind === "identified" ? limits.successMs : limits.refusalMs;
    this.#cache.keep(key, verdict, Math.min(nowMs + longestMs, expiresAt.getTime()), nowMs);
  }

  async #askGuarded(parts: EksTokenParts): Promise<IdentityVerdict> {
    const { host } = parts.endpoint;
    const signer = `${parts.accessKeyId} ${host}`;
    const objection = this.#object(parts, signer);
    if (objection !== undefined) return objection;
    const first = await this.#ask(parts);
    const verdict = first.kind === "uncertain" && first.isRepeatable ? await this.#ask(parts) : first;
    this.#note(host, signer, verdict);
    return verdict;
  }

  /** Why STS is not asked now; `undefined` when it may be. */
  #object(parts: EksTokenParts, signer: string): IdentityVerdict | undefined {
    const { host } = parts.endpoint;
    const { now, limits, metrics } = this.#options;
    const nowMs = now().getTime();
    if (this.#running.size >= limits.maxInFlight) return objectTo("STS_BUSY", "too many questions to STS are open", 1000);
    const backOffMs = this.#throttled.enter(signer, nowMs);
    if (backOffMs > 0) {
      metrics.countBackOff(regionLabel(parts));
      return objectTo("STS_BACK_OFF", "STS has just answered that this access key asks too often", backOffMs);
    }
    const waitMs = this.#rate.take(nowMs);
    const pauseMs = waitMs > 0 ? 0 : this.#breaker.enter(host, nowMs);
    if (waitMs > 0 || pauseMs > 0) this.#throttled.leave(signer);
    if (waitMs > 0) return objectTo("STS_RATE_LIMITED", "more tokens than STS may be asked about", waitMs);
    if (pauseMs > 0) return objectTo("STS_PAUSED", `${host} keeps failing and is left alone for a moment`, pauseMs);
    return undefined;
  }

  #note(host: string, signer: string, verdict: IdentityVerdict): void {
    const nowMs = this.#options.now().getTime();
    const doubt = verdict.kind === "uncertain" ? verdict : undefined;
    const isHostFailing = doubt !== undefined && failuresOfHost.has(doubt.code);
    if (isHostFailing) this.#breaker.fail(host, nowMs);
    else this.#breaker.succeed(host);
    if (doubt?.code === "STS_THROTTLED") this.#throttled.fail(signer, nowMs, doubt.retryAfterMs);
    else if (isHostFailing) this.#throttled.leave(signer);
    else this.#throttled.succeed(signer);
  }

  async #ask(parts: EksTokenParts): Promise<IdentityVerdict> {
    const { clusterId, fetch, metrics } = this.#options;
    const region = regionLabel(parts);
    let answer: StsAnswer;
    try {
      const response = await fetch(formatCallerIdentityUrl(parts).reveal(), {
        headers: { [clusterIdHeader]: clusterId, accept: "application/json" },
      });
      const body = await response.text();
      answer = {
        status: response.status,
        contentType: response.headers.get("content-type") ?? "",
        body,
        retryAfterMs: readRetryAfterMs(response),
      };
    } catch (error) {
      metrics.countConnectionFailure(region);
      // Messages of the network name the host and the reason, never the URL, which is a secret.
      const message = isCredentialError(error) ? error.message : `${parts.endpoint.host} could not be asked`;
      return { kind: "uncertain", code: "STS_UNREACHABLE", message, isRepeatable: false };
    }
    metrics.countStsResponse(answer.status, region);
    const verdict = judgeCallerIdentity(answer, { partition: parts.endpoint.partition, accessKeyId: parts.accessKeyId });
    if (verdict.kind === "uncertain" && verdict.code === "STS_THROTTLED") metrics.countThrottling(region);
    return verdict;
  }
}
