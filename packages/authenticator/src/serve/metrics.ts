import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { AwsIamMetrics } from "../aws-iam/index.ts";
import { createAwsIamMetrics } from "./aws-iam-metrics.ts";
import type { Decision } from "../decision.ts";
import type { Review } from "../review-token.ts";

/** What gauges are read from, at the moment when somebody asks. */
export interface Gauges {
  readonly connections: () => number;
  readonly reviewsInFlight: () => number;
  readonly cacheEntries: () => number;
  readonly certificateEndsAt: () => Date;
  readonly droppedLogLines: () => number;
}

/** The numbers that `/metrics` shows. */
export interface Metrics {
  readonly awsIam: AwsIamMetrics;
  countReview(review: Review, latencyMs: number): void;
  /** A request that came to no review; 0 stands for a TLS handshake that failed. */
  countRefusedRequest(status: number): void;
  /** A decision that the log has left out. */
  countDroppedDecision(): void;
  countReload(result: "success" | "failure", now: Date): void;
  format(): Promise<string>;
  readonly contentType: string;
}

const buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function addGauges(registry: Registry, gauges: Gauges): void {
  const add = (name: string, help: string, read: () => number): void => {
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) });
  };
  add("kubepass_connections", "Open connections.", gauges.connections);
  add("kubepass_reviews_in_flight", "Look-ups that run now.", gauges.reviewsInFlight);
  add("kubepass_cache_entries", "Results in the cache.", gauges.cacheEntries);
  add(
    "kubepass_certificate_expiry_timestamp_seconds",
    "When the server's certificate ends.",
    () => gauges.certificateEndsAt().getTime() / 1000,
  );
}

type Reload = Pick<Metrics, "countReload">;

function addReloads(registry: Registry): Reload {
  const registers = [registry];
  const reloads = new Counter({
    name: "kubepass_config_reloads_total",
    help: "Configurations that were read, by result.",
    labelNames: ["result"],
    registers,
  });
  const lastReload = new Gauge({
    name: "kubepass_config_last_success_timestamp_seconds",
    help: "When the configuration in force was read.",
    registers,
  });
  const isLastGood = new Gauge({
    name: "kubepass_config_last_reload_successful",
    help: "1 when the configuration on disk is in force.",
    registers,
  });
  return {
    countReload(result, now) {
      reloads.inc({ result });
      isLastGood.set(result === "success" ? 1 : 0);
      if (result === "success") lastReload.set(now.getTime() / 1000);
    },
  };
}

/** Counts reviews in passing, and adds them up by labels when somebody asks: the library's look-up by labels takes longer than a cached review needs. */
function addReviews(registry: Registry): (decision: Decision) => void {
  const fresh = new Map<string, { readonly decision: Decision; count: number }>();
  const reviews: Counter = new Counter({
    name: "kubepass_reviews_total",
    help: "Reviews by verifier, outcome (verified, refused, uncertain) and reason code.",
    labelNames: ["verifier", "outcome", "code"],
    registers: [registry],
    collect: () => {
      for (const { decision, count } of fresh.values()) {
        const { verifier, outcome, code } = decision;
        reviews.inc({ verifier, outcome, code }, count);
      }
      fresh.clear();
    },
  });
  return (decision) => {
    const key = `${decision.verifier} ${decision.outcome} ${decision.code}`;
    const known = fresh.get(key);
    if (known === undefined) fresh.set(key, { decision, count: 1 });
    else known.count += 1;
  };
}

function addDropped(registry: Registry, gauges: Gauges): Pick<Metrics, "countDroppedDecision"> {
  const registers = [registry];
  void new Counter({
    name: "kubepass_dropped_log_lines_total",
    help: "Lines that are not in the log on standard error, because nobody read it fast enough.",
    registers,
    collect() {
      this.reset();
      this.inc(gauges.droppedLogLines());
    },
  });
  const dropped = new Counter({
    name: "kubepass_dropped_decisions_total",
    help: "Decisions that are not in the log, because nobody read it fast enough.",
    registers,
  });
  return { countDroppedDecision: () => dropped.inc() };
}

/** Makes a set of metrics of its own. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  addGauges(registry, gauges);
  const countDecision = addReviews(registry);
  const durations = new Histogram({
    name: "kubepass_review_duration_seconds",
    help: "Time from a whole request to its answer, by where the answer came from (cache, shared, verifier).",
    labelNames: ["source"],
    buckets,
    registers,
  });
  const refused = new Counter({
    name: "kubepass_refused_requests_total",
    help: "Requests that came to no review, by HTTP status; tls stands for handshakes that failed.",
    labelNames: ["status"],
    registers,
  });
  return {
    ...addReloads(registry),
    ...addDropped(registry, gauges),
    awsIam: createAwsIamMetrics(registry),
    countReview({ decision, source }, latencyMs) {
      countDecision(decision);
      durations.observe({ source }, latencyMs / 1000);
    },
    countRefusedRequest: (status) => refused.inc({ status: status === 0 ? "tls" : String(status) }),
    format: async () => await registry.metrics(),
    contentType: registry.contentType,
  };
}
