import type { Fetch } from "@kubepass/network";
import { formatTokenReview, parseTokenReviewAnswer, type Secret, type TokenReviewStatus, type TokenReviewVersion } from "@kubepass/wire";
import type { Verdict, Verifier, VerifyContext } from "../verifier.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";

/** What a verifier that asks another webhook is made of. */
export interface WebhookVerifierOptions {
  readonly url: string;
  readonly fetch: Fetch;
  readonly apiVersion: TokenReviewVersion;
  /** Shown to the other webhook. */
  readonly bearerToken?: Secret | undefined;
  /** Tokens beginning so are its to judge; all of them when empty. */
  readonly tokenPrefix: string;
  /** The host's clock. */
  readonly now: () => Date;
}

const breakerLimits = { failuresToOpen: 5, openMs: 5000 };

function doubt(code: string, message: string): Verdict {
  return { kind: "uncertain", code, message };
}

/** What the other webhook's answer means. It may say why not; that stays in its own log, because it may quote the token. */
function judgeAnswer(status: TokenReviewStatus): Verdict {
  if (status.authenticated)
    return { kind: "verified", user: status.user, audiences: status.audiences.length === 0 ? undefined : status.audiences };
  if (status.error !== undefined) return doubt("WEBHOOK_UNCERTAIN", "the other webhook could not decide");
  return { kind: "refused", code: "WEBHOOK_REFUSED", message: "the other webhook does not know the token" };
}

/** Asks another TokenReview webhook, as an API server would. */
export function createWebhookVerifier(options: WebhookVerifierOptions): Verifier {
  const { url, fetch, apiVersion, bearerToken, tokenPrefix, now } = options;
  const breaker = new CircuitBreaker(breakerLimits);
  const ask = async (token: Secret, { audiences, signal }: VerifyContext): Promise<Verdict> => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken.reveal()}` }),
      },
      body: formatTokenReview({ apiVersion, token, audiences }),
      signal,
    });
    if (response.status < 200 || response.status > 206)
      return doubt("WEBHOOK_FAILED", `the other webhook answered with status ${response.status}`);
    return judgeAnswer(parseTokenReviewAnswer(await response.text(), apiVersion));
  };
  return {
    name: "webhook",
    claims: (token) => token.startsWith(tokenPrefix),
    async verify(token, context) {
      if (!breaker.mayAsk(now().getTime()))
        return doubt("WEBHOOK_UNREACHABLE", "the other webhook has not answered lately and is not asked for a while");
      const verdict = await ask(token, context).catch(() => doubt("WEBHOOK_UNREACHABLE", "the other webhook could not be asked"));
      breaker.note(verdict.kind !== "uncertain" || verdict.code === "WEBHOOK_UNCERTAIN", now().getTime());
      return verdict;
    },
  };
}
