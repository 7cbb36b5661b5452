import type { JsonObject } from "@kubepass/wire";
import type { CelOutcome } from "./cel-port.ts";
import type { CompiledAuthenticator, CompiledRule } from "../configuration/compiled.ts";
import type { UserInfo } from "../verifier.ts";
import { findClaim, readText } from "./map-user.ts";
import { type JwtReason, type JwtRefusal, refuse } from "./reasons.ts";
import type { OptionalTrace, Trace } from "./trace.ts";

function describeMismatch(claims: JsonObject, claim: string, wanted: string): string | undefined {
  const value = findClaim(claims, claim);
  if (value === undefined) return `the required claim ${claim} is not present`;
  const text = readText(value);
  if (text === undefined) return `the required claim ${claim} is not a string`;
  return text === wanted ? undefined : `the required claim ${claim} has another value than the configured one`;
}

/** Claims that must have one certain value. */
export function judgeRequiredClaims(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): JwtRefusal | undefined {
  for (const { claim, requiredValue } of entry.authenticator.claimValidationRules) {
    if (claim === "") continue;
    const message = describeMismatch(claims, claim, requiredValue);
    const step = `claimValidationRules[claim ${claim}]`;
    trace?.({ step, outcome: message === undefined ? "passed" : "failed", detail: message ?? "the claim has the required value" });
    if (message !== undefined) return refuse("REQUIRED_CLAIM_MISMATCH", message);
  }
  return undefined;
}

interface RuleSet {
  readonly rules: readonly CompiledRule[];
  readonly name: string;
  readonly code: JwtReason;
}

interface RuleResult {
  readonly expression: string;
  readonly message: string;
  readonly outcome: CelOutcome;
}

function traceResults(results: readonly RuleResult[], name: string, trace: Trace): void {
  for (const { expression, message, outcome } of results) {
    const isTrue = outcome.kind === "flag" && outcome.value;
    const why = outcome.kind === "error" ? outcome.message : message;
    trace({ step: `${name}[${expression}]`, outcome: isTrue ? "passed" : "failed", detail: isTrue ? "true" : why || "false" });
  }
}

// As in kube-apiserver, all are evaluated before any result is judged: an error in the last goes before a false in the first.
function judgeRules(
  set: RuleSet,
  variable: { readonly claims: JsonObject } | { readonly user: UserInfo },
  trace: OptionalTrace,
): JwtRefusal | undefined {
  const results: readonly RuleResult[] = set.rules.map(({ program, message }) => ({
    expression: program.expression,
    message,
    outcome: program.evaluate(variable),
  }));
  if (trace !== undefined) traceResults(results, set.name, trace);
  const broken = results.find(({ outcome }) => outcome.kind === "error");
  if (broken?.outcome.kind === "error") {
    return refuse(set.code, `expression '${broken.expression}' resulted in error ${broken.outcome.code}`);
  }
  const failed = results.find(({ outcome }) => !(outcome.kind === "flag" && outcome.value));
  return failed === undefined ? undefined : refuse(set.code, `validation expression '${failed.expression}' failed: ${failed.message}`);
}

/** `claimValidationRules` with an expression. */
export function judgeClaimRules(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): JwtRefusal | undefined {
  return judgeRules({ rules: entry.claimRules, name: "claimValidationRules", code: "CLAIM_RULE_FAILED" }, { claims }, trace);
}

/** `userValidationRules`. */
export function judgeUserRules(user: UserInfo, entry: CompiledAuthenticator, trace: OptionalTrace): JwtRefusal | undefined {
  return judgeRules({ rules: entry.userRules, name: "userValidationRules", code: "USER_RULE_FAILED" }, { user }, trace);
}
