import type { JsonObject, Secret } from "@kubepass/wire";
import type { CompiledAuthenticator, CompiledConfiguration } from "../configuration/compiled.ts";
import { judgeUser } from "../judge-user.ts";
import type { JwtVerifier } from "../jwt/jwt-verifier.ts";
import { judgeClaims } from "../jwt/judge-claims.ts";
import { findOddCaseName } from "../jwt/registered-claims.ts";
import type { TraceStep } from "../jwt/trace.ts";
import type { UserInfo, Verdict } from "../verifier.ts";

/** How a configuration comes to its verdict about a token or about claims. Holds claim values, never a token. */
export interface Explanation {
  /** In the order in which they happened; the last failed one decided. */
  readonly steps: readonly TraceStep[];
  readonly outcome: Verdict["kind"];
  /** `VERIFIED`, or the reason's code. */
  readonly code: string;
  readonly message: string | undefined;
  readonly user: UserInfo | undefined;
}

function describe(verdict: Verdict, steps: readonly TraceStep[]): Explanation {
  if (verdict.kind !== "verified") {
    return { steps, outcome: verdict.kind, code: verdict.code, message: verdict.message, user: undefined };
  }
  const { user } = verdict;
  const problem = judgeUser(user, new Set());
  const detail = "no empty, disguised or reserved names";
  const guard: TraceStep =
    problem === undefined
      ? { step: "names", outcome: "passed", detail }
      : {
          step: "names",
          outcome: "failed",
          detail: `${problem.message}: kube-apiserver takes it, kubepass serve refuses it (${problem.code})`,
        };
  return { steps: [...steps, guard], outcome: "verified", code: "VERIFIED", message: undefined, user };
}

/** Explains a verifier's verdict about a token at an instant. Fetches keys as the verifier does. */
export async function explainToken(verifier: JwtVerifier, token: Secret, now: Date, signal: AbortSignal): Promise<Explanation> {
  const steps: TraceStep[] = [];
  const verdict = await verifier.trace(token, { audiences: [], now, signal }, (step) => steps.push(step));
  return describe(verdict, steps);
}

function findEntry(compiled: CompiledConfiguration, claims: JsonObject): CompiledAuthenticator | undefined {
  const { iss } = claims;
  const [only, ...others] = compiled.authenticators;
  if (iss === undefined && others.length === 0) return only;
  const url = iss === "accounts.google.com" ? "https://accounts.google.com" : iss;
  return compiled.authenticators.find(({ authenticator }) => authenticator.issuer.url === url);
}

const assumedLifetimeSeconds = 3600;

/** What a token needs and a person who tries claims leaves out. */
function completeClaims(
  claims: JsonObject,
  entry: CompiledAuthenticator,
  now: Date,
): { readonly claims: JsonObject; readonly added: JsonObject } {
  const { issuer } = entry.authenticator;
  const wanted: JsonObject = {
    iss: issuer.url,
    aud: issuer.audiences[0],
    exp: Math.floor(now.getTime() / 1000) + assumedLifetimeSeconds,
  };
  const added = Object.fromEntries(Object.entries(wanted).filter(([name]) => !Object.hasOwn(claims, name)));
  return { claims: { ...claims, ...added }, added };
}

/**
 * Explains what becomes of claims, as though a token of the right issuer held them; no key and no network is needed. `iss` (where
 * there is one issuer), `aud` and `exp` are filled in when they are missing, and the steps say so.
 */
export function explainClaims(compiled: CompiledConfiguration, claims: JsonObject, now: Date): Explanation {
  const steps: TraceStep[] = [];
  const entry = findEntry(compiled, claims);
  if (entry === undefined) {
    const message = "no configured issuer has the claims' iss";
    steps.push({ step: "iss", outcome: "failed", detail: message });
    return describe({ kind: "refused", code: "ISSUER_UNKNOWN", message }, steps);
  }
  const odd = findOddCaseName(claims);
  if (odd !== undefined) {
    const message = "a registered claim is written in odd case";
    steps.push({ step: "claims", outcome: "failed", detail: `${message}: ${odd}` });
    return describe({ kind: "refused", code: "CLAIMS_AMBIGUOUS", message }, steps);
  }
  steps.push({ step: "signature", outcome: "skipped", detail: "there are only claims: they stand for a token that the issuer signed" });
  const complete = completeClaims(claims, entry, now);
  for (const [name, value] of Object.entries(complete.added)) {
    steps.push({ step: name, outcome: "skipped", detail: `not given; ${JSON.stringify(value)} is assumed` });
  }
  const judged = judgeClaims(complete.claims, entry, now, { trace: (step) => steps.push(step) });
  return describe(judged.kind === "refused" ? judged : { kind: "verified", user: judged.user, expiresAt: judged.expiresAt }, steps);
}
