import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import type { CompiledAuthenticator } from "../configuration/compiled.ts";
import type { UserInfo } from "../verifier.ts";
import { findClaim, mapUser } from "./map-user.ts";
import { type JwtRefusal, refuse } from "./reasons.ts";
import { readRegisteredClaims, type RegisteredClaims } from "./registered-claims.ts";
import { judgeClaimRules, judgeRequiredClaims, judgeUserRules } from "./rules.ts";
import { noTrace, type Trace } from "./trace.ts";

/** A user and until when the token speaks for them. */
export interface JudgedClaims {
  readonly kind: "user";
  readonly user: UserInfo;
  readonly expiresAt: Date;
}

const notBeforeLeewaySeconds = 60;
// The furthest instant that a Date can hold.
const maxDateMs = 8.64e15;

function describeSeconds(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}

function judgeTimes(claims: RegisteredClaims, now: Date, trace: Trace): JwtRefusal | undefined {
  const { expirySeconds, notBeforeSeconds } = claims;
  if (expirySeconds * 1000 < now.getTime()) {
    const detail = Number.isFinite(expirySeconds)
      ? `the token expired at ${describeSeconds(expirySeconds)}`
      : "the token has no usable exp";
    trace({ step: "exp", outcome: "failed", detail });
    return refuse("TOKEN_EXPIRED", detail);
  }
  trace({ step: "exp", outcome: "passed", detail: `valid until ${describeSeconds(expirySeconds)}` });
  if (notBeforeSeconds * 1000 <= now.getTime() + notBeforeLeewaySeconds * 1000) return undefined;
  const detail = `the token is not valid before ${describeSeconds(notBeforeSeconds)}`;
  trace({ step: "nbf", outcome: "failed", detail });
  return refuse("TOKEN_NOT_YET_VALID", detail);
}

function judgeAudience(claims: RegisteredClaims, configured: readonly string[], trace: Trace): JwtRefusal | undefined {
  const found = configured.find((audience) => claims.audiences.includes(audience));
  if (found !== undefined) {
    trace({ step: "aud", outcome: "passed", detail: `the token is for ${JSON.stringify(found)}` });
    return undefined;
  }
  const wanted = configured.map((audience) => JSON.stringify(audience)).join(", ");
  trace({ step: "aud", outcome: "failed", detail: `the token is for ${JSON.stringify(claims.audiences)}; wanted is one of ${wanted}` });
  return refuse("AUDIENCE_MISMATCH", `the token is for none of the audiences ${wanted}`);
}

/** A member of an object of claims, never of a prototype; `undefined` when the value is no object. */
function memberOf(value: JsonValue | undefined, name: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(value) && typeof name === "string" ? findClaim(value, name) : undefined;
}

// The groups lie elsewhere, at a place that the token names. Taking the token without them would be a quiet change of its meaning.
function judgeDistributedGroups(claims: JsonObject, entry: CompiledAuthenticator, trace: Trace): JwtRefusal | undefined {
  const { claim } = entry.authenticator.claimMappings.groups;
  if (claim === "" || Object.hasOwn(claims, claim)) return undefined;
  const [names, sources] = [claims["_claim_names"], claims["_claim_sources"]];
  if (names === undefined) return undefined;
  const endpoint = memberOf(memberOf(sources, memberOf(names, claim)), "endpoint");
  // Without endpoint it is an aggregated claim, which kube-apiserver does not read either.
  const isElsewhere = typeof endpoint === "string" && endpoint !== "";
  if (sources !== undefined && !isElsewhere) return undefined;
  const why = sources === undefined ? "_claim_names stands without _claim_sources" : `the claim ${claim} is distributed`;
  const message = `${why}, and distributed claims are not fetched`;
  trace({ step: "_claim_names", outcome: "failed", detail: message });
  return refuse("DISTRIBUTED_CLAIMS_REFUSED", message);
}

function judgeIssuer(claims: RegisteredClaims, url: string, trace: Trace): JwtRefusal | undefined {
  const isGoogle = url === "https://accounts.google.com" && claims.issuer === "accounts.google.com";
  if (claims.issuer === url || isGoogle) {
    trace({ step: "iss", outcome: "passed", detail: url });
    return undefined;
  }
  trace({ step: "iss", outcome: "failed", detail: `the token is from ${JSON.stringify(claims.issuer)}` });
  return refuse("ISSUER_UNKNOWN", `the token is not from ${url}`);
}

/** What a judgement is told beside the claims. */
export interface JudgeOptions {
  readonly trace?: Trace;
  /** The claims as the registered ones are looked for in them, where names in odd case count. */
  readonly registered?: JsonObject;
}

function judgeBeforeMapping(
  claims: JsonObject,
  registered: RegisteredClaims,
  entry: CompiledAuthenticator,
  now: Date,
  trace: Trace,
): JwtRefusal | undefined {
  const { issuer } = entry.authenticator;
  const audience = (): JwtRefusal | undefined => judgeAudience(registered, issuer.audiences, trace);
  const times = (): JwtRefusal | undefined => judgeTimes(registered, now, trace);
  // Several audiences are kube-apiserver's own check, which comes after those of its library.
  const [first, second] = issuer.audiences.length > 1 ? [times, audience] : [audience, times];
  return judgeIssuer(registered, issuer.url, trace) ?? first() ?? second() ?? judgeDistributedGroups(claims, entry, trace);
}

/**
 * From claims whose signature was found good (or that stand for such, in `explain`) to a user, in kube-apiserver's order: issuer,
 * audience, times, user name, groups, uid, extra, required claims, claim rules, user rules. Pure; never throws.
 */
export function judgeClaims(
  claims: JsonObject,
  entry: CompiledAuthenticator,
  now: Date,
  { trace = noTrace, registered: registeredMembers = claims }: JudgeOptions = {},
): JudgedClaims | JwtRefusal {
  const registered = readRegisteredClaims(registeredMembers);
  if (registered.kind === "refused") {
    trace({ step: "claims", outcome: "failed", detail: registered.message });
    return registered;
  }
  const early = judgeBeforeMapping(claims, registered, entry, now, trace);
  if (early !== undefined) return early;
  const mapped = mapUser(claims, entry, trace);
  if (mapped.kind === "refused") return mapped;
  const { user } = mapped;
  const refusal = judgeRequiredClaims(claims, entry, trace) ?? judgeClaimRules(claims, entry, trace) ?? judgeUserRules(user, entry, trace);
  if (refusal !== undefined) return refusal;
  return { kind: "user", user, expiresAt: new Date(Math.min(registered.expirySeconds * 1000, maxDateMs)) };
}
