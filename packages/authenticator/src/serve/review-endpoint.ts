import { randomBytes } from "node:crypto";
import { formatTokenReviewAnswer, isCredentialError, type TokenReviewVersion } from "@kubepass/wire";
import type { Decision } from "../decision.ts";
import type { HeadHandler, HttpRequest, RequestHandler } from "../http/connection.ts";
import { createFailure, type HttpAnswer } from "../http/format-answer.ts";
import type { RequestHead } from "../http/parse-head.ts";
import type { TlsPeer } from "../http/tls-server.ts";
import { type Review, reviewToken, toStatus } from "../review-token.ts";
import { createDecisionFormatter, type LineWriter } from "./decision-log.ts";
import type { Generation } from "./load-generation.ts";
import type { Metrics } from "./metrics.ts";
import { answerOperations, isOperationsPath } from "./operations-server.ts";

/** What the endpoint works with. */
export interface EndpointOptions {
  /** The configuration in force at this moment. */
  readonly generation: () => Generation;
  readonly metrics: Metrics;
  readonly log: LineWriter;
  readonly now: () => Date;
  /** Whether the server is not about to stop. */
  readonly isReady: () => boolean;
}

function isJson(type: string): boolean {
  return type === "application/json" || type.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}

/** Whether health or metrics are asked for, where the configuration has them here too. */
function isAboutOperations({ path }: RequestHead, { listen }: Generation["config"]): boolean {
  return listen.answerOperations && isOperationsPath(path);
}

/** Why a request is no question at all; `undefined` when it may be one. */
function judgeRequest(head: RequestHead, config: Generation["config"]): HttpAnswer | undefined {
  if (isAboutOperations(head, config)) return undefined;
  if (head.path !== config.listen.path) return createFailure(404, "there is nothing at this path");
  if (head.method !== "POST") return createFailure(405, "only POST is allowed", { Allow: "POST" });
  if (!isJson(head.headers.get("content-type") ?? "")) return createFailure(415, "only application/json is read");
  if (head.headers.has("content-encoding")) return createFailure(415, "no content encoding is read");
  return undefined;
}

// An API server gives up after 30 s, and holds its caller until then; who has to wait long is better told at once.
const maxRetryAfterMs = 10_000;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text; `undefined` when it is no UTF-8. */
function decodeBody(body: Buffer): string | undefined {
  try {
    return decoder.decode(body);
  } catch {
    return undefined;
  }
}

/** Makes bodies of answers; of a decision that is kept, once. */
function createBodies(): (review: Review, id: string) => string {
  const known: Readonly<Record<TokenReviewVersion, WeakMap<Decision, string>>> = {
    "authentication.k8s.io/v1": new WeakMap(),
    "authentication.k8s.io/v1beta1": new WeakMap(),
  };
  return ({ decision, apiVersion }, id) => {
    const kept = known[apiVersion].get(decision);
    if (kept !== undefined) return kept;
    const body = formatTokenReviewAnswer(toStatus(decision, id), apiVersion);
    // A doubt names its review.
    if (decision.outcome !== "uncertain") known[apiVersion].set(decision, body);
    return body;
  };
}

type Refusals = Generation["config"]["refusals"];

function statusOf({ outcome }: Decision, refusals: Refusals): number {
  return outcome === "refused" && refusals === "forbidden" ? 403 : 200;
}

interface ReviewForm {
  readonly refusals: Refusals;
  readonly formatBody: (review: Review, id: string) => string;
}

function formatReview(review: Review, id: string, { refusals, formatBody }: ReviewForm): HttpAnswer {
  const { decision } = review;
  const headers = { "Kubepass-Review": id };
  if (decision.outcome === "uncertain" && decision.retryAfterMs !== undefined && decision.retryAfterMs <= maxRetryAfterMs) {
    const seconds = Math.max(1, Math.ceil(decision.retryAfterMs / 1000));
    return createFailure(503, `${decision.message} (${decision.code}, review ${id})`, { ...headers, "Retry-After": String(seconds) });
  }
  return { status: statusOf(decision, refusals), headers, body: formatBody(review, id) };
}

/** Names reviews: a prefix of this process, and a number. */
function createIds(): () => string {
  const prefix = randomBytes(4).toString("hex");
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}

/** Both steps of answering. */
export interface ReviewEndpoint {
  /** The caller, then the form of the request: whoever may not ask has no body read. */
  readonly onHead: HeadHandler<TlsPeer>;
  /** The caller again, whom files may have forgotten while the body came; the review, one line of log and the answer. */
  readonly onRequest: RequestHandler<TlsPeer>;
}

/** Makes the endpoint. */
export function createReviewEndpoint(options: EndpointOptions): ReviewEndpoint {
  const { generation, metrics, log, now, isReady } = options;
  const nextId = createIds();
  const formatBody = createBodies();
  const formatDecision = createDecisionFormatter();
  const refuse = (answer: HttpAnswer): HttpAnswer => {
    metrics.countRefusedRequest(answer.status);
    return answer;
  };
  const review = (text: string, current: Generation, startedMs: number): HttpAnswer | Promise<HttpAnswer> => {
    const id = nextId();
    const tell = (reviewed: Review): HttpAnswer => {
      const latencyMs = performance.now() - startedMs;
      metrics.countReview(reviewed, latencyMs);
      if (current.config.decisionLog === "on") log.add(formatDecision({ id, review: reviewed, at: now(), latencyMs }));
      return formatReview(reviewed, id, { refusals: current.config.refusals, formatBody });
    };
    const reviewed = reviewToken(text, current.reviewer);
    return reviewed instanceof Promise ? reviewed.then(tell) : tell(reviewed);
  };
  const onHead: HeadHandler<TlsPeer> = (head, peer) => {
    const { isCallerAllowed, config } = generation();
    const isAllowed = isCallerAllowed(peer, head.headers.get("authorization"));
    const problem = isAllowed ? judgeRequest(head, config) : createFailure(401, "the caller is not known");
    return problem === undefined ? undefined : refuse(problem);
  };
  const onRequest = ({ head, body }: HttpRequest, peer: TlsPeer): HttpAnswer | Promise<HttpAnswer> => {
    const startedMs = performance.now();
    const current = generation();
    const problem = onHead(head, peer);
    if (problem !== undefined) return problem;
    if (isAboutOperations(head, current.config)) return answerOperations(head.method, head.path, isReady, metrics);
    const text = decodeBody(body);
    if (text === undefined) return refuse(createFailure(400, "the body is not UTF-8"));
    try {
      return review(text, current, startedMs);
    } catch (error) {
      if (isCredentialError(error, "TOKEN_REVIEW_INVALID")) return refuse(createFailure(400, error.message));
      throw error;
    }
  };
  return { onHead, onRequest };
}
