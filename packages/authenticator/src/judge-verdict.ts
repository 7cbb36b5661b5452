import type { Decision } from "./decision.ts";
import { judgeUser, type NameSet } from "./judge-user.ts";
import type { Verdict } from "./verifier.ts";

/** What holds for every verifier. */
export interface ReviewPolicy {
  /** Names and groups beginning with `system:` that may be told, letter by letter. */
  readonly allowedSystemNames: NameSet;
  /**
   * What tokens of a verifier that knows no audiences are for. Empty: the answer says nothing of audiences, which an API
   * server takes for its own.
   */
  readonly audiences: readonly string[];
  /** Longest token that is looked at, in characters. */
  readonly maxTokenLength: number;
}

type Verified = Extract<Verdict, { kind: "verified" }>;

/** The asked audiences that the token is for, in the order of the question; `undefined` when there is none although some were asked for. */
function intersectAudiences(verdict: Verified, asked: readonly string[], policy: ReviewPolicy): readonly string[] | undefined {
  const own = verdict.audiences ?? policy.audiences;
  if (asked.length === 0) return [];
  if (verdict.audiences === undefined && own.length === 0) return [];
  const known = new Set(own);
  const both = asked.filter((audience) => known.has(audience));
  return both.length === 0 ? undefined : both;
}

/** Makes the decision out of a verifier's verdict: audiences are intersected, names are guarded, and nothing expired gets through. */
export function judgeVerdict(verdict: Verdict, verifier: string, asked: readonly string[], policy: ReviewPolicy, now: Date): Decision {
  if (verdict.kind !== "verified") {
    const { kind: outcome, ...rest } = verdict;
    return { ...rest, outcome, verifier };
  }
  const refuse = (code: string, message: string): Decision => ({ outcome: "refused", verifier, code, message });
  if (verdict.expiresAt !== undefined && verdict.expiresAt <= now) return refuse("TOKEN_EXPIRED", "the token has expired");
  const problem = judgeUser(verdict.user, policy.allowedSystemNames);
  if (problem !== undefined) return refuse(problem.code, problem.message);
  const audiences = intersectAudiences(verdict, asked, policy);
  if (audiences === undefined) return refuse("AUDIENCE_MISMATCH", "the token is for none of the audiences that were asked for");
  return { outcome: "verified", code: "VERIFIED", verifier, user: verdict.user, audiences, expiresAt: verdict.expiresAt };
}
