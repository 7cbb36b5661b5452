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

async function decide(token: string, audiences: readonly string[], reviewer: Reviewer): Promise<Found> {
  const problem = judgeToken(token, reviewer.options.policy.maxTokenLength);
  if (problem !== undefined) return { decision: { outcome: "refused", verifier: "none", ...problem }, source: "verifier" };
  return await reviewer.decide(token, audiences);
}

/**
 * Answers one TokenReview: parse, cheap tests of the token's shape, the first verifier that claims it (or what it said a moment
 * ago), audiences and guards. Refusal and doubt are values. Throws `TOKEN_REVIEW_INVALID` for what is no TokenReview.
 */
export async function reviewToken(text: string, reviewer: Reviewer): Promise<Review> {
  const review = parseTokenReview(text);
  const token = review.token.reveal();
  const found = await decide(token, review.audiences, reviewer);
  return { apiVersion: review.apiVersion, token, ...found };
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
