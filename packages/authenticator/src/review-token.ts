import { parseTokenReview, type TokenReviewStatus, type TokenReviewVersion } from "@kubepass/wire";
import type { Decision } from "./decision.ts";
import { judgeToken } from "./judge-token.ts";
import type { Found, Reviewer, Source } from "./reviewer.ts";

/** A question and what came of it. */
export interface Review {
  readonly apiVersion: TokenReviewVersion;
  /** The token, for its fingerprint; not for the log. */
  readonly token: string;
  readonly decision: Decision;
  readonly source: Source;
}

function decide(token: string, audiences: readonly string[], reviewer: Reviewer): Found | Promise<Found> {
  const problem = judgeToken(token, reviewer.options.policy.maxTokenLength);
  if (problem !== undefined) return { decision: { outcome: "refused", verifier: "none", ...problem }, source: "verifier" };
  return reviewer.decide(token, audiences);
}

/**
 * Answers one TokenReview: parse, cheap tests of the token's shape, the first verifier that claims it (or what it said a moment
 * ago), audiences and guards. Refusal and doubt are values. Answers at once when nobody has to be waited for: promises that are kept
 * already cost more than a look into the cache. Throws `TOKEN_REVIEW_INVALID` for what is no TokenReview.
 */
export function reviewToken(text: string, reviewer: Reviewer): Review | Promise<Review> {
  const { apiVersion, token: secret, audiences } = parseTokenReview(text);
  const token = secret.reveal();
  const describe = ({ decision, source }: Found): Review => ({ apiVersion, token, decision, source });
  const found = decide(token, audiences, reviewer);
  return found instanceof Promise ? found.then(describe) : describe(found);
}

/** A decision as the API server is told it: why not stays here, unless nobody can tell. `id` names the review in our log. */
export function toStatus(decision: Decision, id: string): TokenReviewStatus {
  switch (decision.outcome) {
    case "verified":
      return { authenticated: true, user: decision.user, audiences: decision.audiences };
    case "refused":
      return { authenticated: false };
    case "uncertain":
      return { authenticated: false, error: `${decision.message} (${decision.code}, review ${id})` };
  }
}
