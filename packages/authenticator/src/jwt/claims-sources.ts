import { type Fetch, findUrl, type NetworkHost } from "@kubepass/network";
import { isCredentialError, type JsonValue, Secret, toCredentialError } from "@kubepass/wire";
import type { IssuerConfiguration } from "../configuration/authentication-configuration.ts";
import { ResultCache } from "../result-cache.ts";
import { CircuitBreaker } from "../webhook/circuit-breaker.ts";
import { createIssuerFetch, createIssuerKeySource, type KeyFetchOptions } from "./fetched-keys.ts";
import type { KeySource } from "./issuer-keys.ts";
import type { DistributedGroups } from "./judge-claims.ts";
import { type JwtRefusal, refuse } from "./reasons.ts";

/** From where one issuer's distributed claims may come. */
export interface ClaimsSourceRules {
  /** Origins, such as `https://claims.example.com`, that may be asked beside the issuer's own. */
  readonly origins: readonly string[];
  /** URLs of issuers whose answers are taken beside the issuer's own. */
  readonly answerIssuers: readonly string[];
}

/** Nobody can tell now. */
export interface Doubt {
  readonly kind: "uncertain";
  readonly code: "DISTRIBUTED_CLAIMS_UNREACHABLE" | "ISSUER_UNREACHABLE" | "ISSUER_BUSY";
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** A claim as the place of it gave it. */
export interface FetchedClaim {
  readonly kind: "claim";
  readonly value: JsonValue;
  /** Of the answer, in seconds since 1970. */
  readonly expirySeconds: number;
}

/** What asking for a distributed claim comes to. */
export type ClaimOutcome = FetchedClaim | JwtRefusal | Doubt;

/** Judges the JWT that a place answered with. */
export type JudgeAnswer = (answer: Secret) => Promise<ClaimOutcome>;

/** Where one issuer's distributed claims come from. */
export interface ClaimsSource {
  /** The claim that lies elsewhere: asked for once at a time, and remembered for a moment, by place and access token. */
  resolve(place: DistributedGroups, now: Date, judge: JudgeAnswer): Promise<ClaimOutcome>;
  /** Keys of an issuer, other than the token's own, whose answers are taken; `undefined` for everybody else. */
  keysOf(issuer: string): KeySource | undefined;
  close(): void;
}

/** How distributed claims are fetched. */
export interface ClaimsSourceOptions extends KeyFetchOptions {
  /** How long an answer is remembered, at most until it expires; 0 for not at all. */
  readonly rememberMs: number;
}

const deadlineMs = 5000;
const maxRemembered = 10_000;
const breakerLimits = { failuresToOpen: 5, openMs: 5000 };
// What may stand in a header without changing it.
const headerText = /^[\x21-\x7e]*$/;

function refuseClaims(message: string): JwtRefusal {
  return refuse("DISTRIBUTED_CLAIMS_REFUSED", message);
}

function doubt(message: string): Doubt {
  return { kind: "uncertain", code: "DISTRIBUTED_CLAIMS_UNREACHABLE", message };
}

/** The place to ask, if it belongs to the issuer. It may tell who the person is: only an origin that belongs to the issuer is in messages. */
function judgePlace({ endpoint, accessToken }: DistributedGroups, origins: ReadonlySet<string>): URL | JwtRefusal {
  const url = findUrl(endpoint);
  if (url?.protocol !== "https:") return refuseClaims("the place of a distributed claim is no https URL");
  if (url.username !== "" || url.password !== "") return refuseClaims("the place of a distributed claim names a user");
  if (!origins.has(url.origin)) return refuseClaims("the place of a distributed claim does not belong to the issuer");
  return headerText.test(accessToken) ? url : refuseClaims("the access token of a distributed claim cannot be sent");
}

/** What an answer's status means: kube-apiserver takes 200 to 226; whether more may come of another try is for us to tell. */
function judgeStatus(status: number, origin: string): JwtRefusal | Doubt | undefined {
  if (status >= 200 && status <= 226) return undefined;
  const message = `${origin} answered with status ${status} instead of a distributed claim`;
  return status >= 500 || status === 408 || status === 429 ? doubt(message) : refuseClaims(message);
}

class IssuerClaimsSource implements ClaimsSource {
  readonly #origins: ReadonlySet<string>;
  readonly #fetch: Fetch;
  readonly #keys: ReadonlyMap<string, KeySource>;
  readonly #rememberMs: number;
  readonly #closed = new AbortController();
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #inFlight = new Map<string, Promise<ClaimOutcome>>();
  readonly #answers = new ResultCache<ClaimOutcome>(maxRemembered);

  constructor(origins: ReadonlySet<string>, keys: ReadonlyMap<string, KeySource>, fetch: Fetch, rememberMs: number) {
    this.#origins = origins;
    this.#keys = keys;
    this.#fetch = fetch;
    this.#rememberMs = rememberMs;
  }

  keysOf(issuer: string): KeySource | undefined {
    return this.#keys.get(issuer);
  }

  async resolve(place: DistributedGroups, now: Date, judge: JudgeAnswer): Promise<ClaimOutcome> {
    const url = judgePlace(place, this.#origins);
    if (!(url instanceof URL)) return url;
    const key = this.#answers.keyOf(place.accessToken, [place.claim, url.href]);
    const known = this.#answers.find(key, now.getTime()) ?? this.#inFlight.get(key);
    if (known !== undefined) return await known;
    const running = this.#ask(url, place.accessToken, now, judge);
    this.#inFlight.set(key, running);
    try {
      const outcome = await running;
      if (outcome.kind === "claim") {
        const endsAtMs = Math.min(now.getTime() + this.#rememberMs, outcome.expirySeconds * 1000);
        this.#answers.keep(key, outcome, endsAtMs, now.getTime());
      }
      return outcome;
    } finally {
      this.#inFlight.delete(key);
    }
  }

  close(): void {
    this.#closed.abort(new Error("the source of claims was closed"));
    for (const keys of this.#keys.values()) keys.close?.();
  }

  async #ask(url: URL, accessToken: string, now: Date, judge: JudgeAnswer): Promise<ClaimOutcome> {
    const breaker = this.#breakers.get(url.origin) ?? new CircuitBreaker(breakerLimits);
    this.#breakers.set(url.origin, breaker);
    if (!breaker.mayAsk(now.getTime())) return doubt(`${url.origin} has not answered lately and is not asked for a while`);
    const answer = await this.#get(url, accessToken);
    breaker.note(answer.kind !== "uncertain", now.getTime());
    return answer.kind === "answer" ? await judge(answer.text) : answer;
  }

  async #get(url: URL, accessToken: string): Promise<{ readonly kind: "answer"; readonly text: Secret } | JwtRefusal | Doubt> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(deadlineMs)]);
    try {
      const headers = { accept: "application/jwt", ...(accessToken === "" ? {} : { authorization: `Bearer ${accessToken}` }) };
      const response = await this.#fetch(url.href, { headers, signal });
      return judgeStatus(response.status, url.origin) ?? { kind: "answer", text: new Secret((await response.text()).trim()) };
    } catch (error) {
      if (isCredentialError(error, "RESPONSE_INVALID")) return refuseClaims(`${url.origin} gave no distributed claim: ${error.message}`);
      if (signal.aborted) return doubt(`${url.origin} gave no distributed claim within ${deadlineMs / 1000} s`);
      return doubt(`${url.origin} cannot be asked for a distributed claim: ${toCredentialError(error).message}`);
    }
  }
}

/**
 * The source of one issuer's distributed claims, over the network: https at the issuer's own origin and those of the rules,
 * with the issuer's authorities; no redirects, at most 1 MiB in 5 s, one try. Access tokens are sent and go nowhere else.
 */
export function createClaimsSource(
  issuer: IssuerConfiguration,
  rules: ClaimsSourceRules,
  host: NetworkHost,
  options: ClaimsSourceOptions,
): ClaimsSource {
  const own = findUrl(issuer.url)?.origin;
  const origins = new Set(own === undefined ? rules.origins : [own, ...rules.origins]);
  const keysOf = (url: string): KeySource => createIssuerKeySource({ ...issuer, url, discoveryUrl: "" }, host, options);
  const keys = new Map(rules.answerIssuers.map((url) => [url, keysOf(url)]));
  return new IssuerClaimsSource(origins, keys, createIssuerFetch(issuer, host, 0), options.rememberMs);
}
