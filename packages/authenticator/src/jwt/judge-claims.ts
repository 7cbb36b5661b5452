import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import type { CompiledAuthenticator } from "../configuration/compiled.ts";
import type { UserInfo } from "../verifier.ts";
import { findClaim, mapUser } from "./map-user.ts";
import { type JwtRefusal, refuse } from "./reasons.ts";
import { readRegisteredClaims, type RegisteredClaims } from "./registered-claims.ts";
import { judgeClaimRules, judgeRequiredClaims, judgeUserRules } from "./rules.ts";
import type { OptionalTrace, Trace } from "./trace.ts";

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

function judgeTimes(claims: RegisteredClaims, now: Date, trace: OptionalTrace): JwtRefusal | undefined {
  const { expirySeconds, notBeforeSeconds } = claims;
  if (expirySeconds * 1000 < now.getTime()) {
    const detail = Number.isFinite(expirySeconds)
      ? `the token expired at ${describeSeconds(expirySeconds)}`
      : "the token has no usable exp";
    trace?.({ step: "exp", outcome: "failed", detail });
    return refuse("TOKEN_EXPIRED", detail);
  }
  trace?.({ step: "exp", outcome: "passed", detail: `valid until ${describeSeconds(expirySeconds)}` });
  if (notBeforeSeconds * 1000 <= now.getTime() + notBeforeLeewaySeconds * 1000) return undefined;
  const detail = `the token is not valid before ${describeSeconds(notBeforeSeconds)}`;
  trace?.({ step: "nbf", outcome: "failed", detail });
  return refuse("TOKEN_NOT_YET_VALID", detail);
}

function judgeAudience(claims: RegisteredClaims, configured: readonly string[], trace: OptionalTrace): JwtRefusal | undefined {
  const found = configured.find((audience) => claims.audiences.includes(audience));
  if (found !== undefined) {
    trace?.({ step: "aud", outcome: "passed", detail: `the token is for ${JSON.stringify(found)}` });
    return undefined;
  }
  const wanted = configured.map((audience) => JSON.stringify(audience)).join(", ");
  trace?.({ step: "aud", outcome: "failed", detail: `the token is for ${JSON.stringify(claims.audiences)}; wanted is one of ${wanted}` });
  return refuse("AUDIENCE_MISMATCH", `the token is for none of the audiences ${wanted}`);
}

/** Where a token says that its groups lie (OpenID Connect Core §5.6.2). */
export interface DistributedGroups {
  readonly kind: "elsewhere";
  readonly claim: string;
  readonly endpoint: string;
  /** Empty when the token gives none. */
  readonly accessToken: string;
}

/** A member of an object of claims, never of a prototype; `undefined` when the value is no object. */
function memberOf(value: JsonValue | undefined, name: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(value) && typeof name === "string" ? findClaim(value, name) : undefined;
}

function isTextOrAbsent(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value === "string";
}

const sourceMembers = ["endpoint", "access_token", "jwt"];

/** One of `_claim_sources`, whose members kube-apiserver reads in any case; `undefined` for an aggregated claim, which it does not read. */
function readSource(source: JsonValue | undefined, claim: string): DistributedGroups | JwtRefusal | undefined {
  const members = isJsonObject(source) ? Object.entries(source).filter(([name]) => sourceMembers.includes(name.toLowerCase())) : [];
  if (!members.every(([, value]) => isTextOrAbsent(value))) {
    return refuse("DISTRIBUTED_CLAIMS_REFUSED", `the place of the claim ${claim} cannot be read`);
  }
  if (!members.some(([name, value]) => name.toLowerCase() === "endpoint" && value !== null && value !== "")) return undefined;
  const [endpoint, accessToken] = [memberOf(source, "endpoint"), memberOf(source, "access_token") ?? ""];
  const isPlain = members.every(([name]) => name === "endpoint" || name === "access_token" || name === "JWT");
  if (isPlain && typeof endpoint === "string" && typeof accessToken === "string")
    return { kind: "elsewhere", claim, endpoint, accessToken };
  return refuse("DISTRIBUTED_CLAIMS_REFUSED", `the place of the claim ${claim} is written in odd case`);
}

/** Where the groups lie, when the token has none itself and names another place. */
export function findDistributedGroups(claims: JsonObject, entry: CompiledAuthenticator): DistributedGroups | JwtRefusal | undefined {
  const { claim } = entry.authenticator.claimMappings.groups;
  if (claim === "" || Object.hasOwn(claims, claim)) return undefined;
  const [names, sources] = [claims["_claim_names"], claims["_claim_sources"]];
  if (names === undefined) return undefined;
  if (sources === undefined) return refuse("DISTRIBUTED_CLAIMS_REFUSED", "_claim_names stands without _claim_sources");
  return readSource(memberOf(sources, memberOf(names, claim)), claim);
}

// Taking the token without its groups would be a quiet change of its meaning.
function refuseDistributedGroups(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): JwtRefusal | undefined {
  const found = findDistributedGroups(claims, entry);
  if (found === undefined) return undefined;
  const why = found.kind === "refused" ? found.message : `the claim ${found.claim} is distributed`;
  const message = `${why}, and distributed claims are not fetched`;
  const place = found.kind === "elsewhere" ? `; its place: ${found.endpoint}` : "";
  trace?.({ step: "_claim_names", outcome: "failed", detail: `${message}${place}` });
  return refuse("DISTRIBUTED_CLAIMS_REFUSED", message);
}

function judgeIssuer(claims: RegisteredClaims, url: string, trace: OptionalTrace): JwtRefusal | undefined {
  const isGoogle = url === "https://accounts.google.com" && claims.issuer === "accounts.google.com";
  if (claims.issuer === url || isGoogle) {
    trace?.({ step: "iss", outcome: "passed", detail: url });
    return undefined;
  }
  trace?.({ step: "iss", outcome: "failed", detail: `the token is from ${JSON.stringify(claims.issuer)}` });
  return refuse("ISSUER_UNKNOWN", `the token is not from ${url}`);
}

/** What a judgement is told beside the claims. */
export interface JudgeOptions {
  readonly trace?: OptionalTrace;
  /** The claims as the registered ones are looked for in them, where names in odd case count. */
  readonly registered?: JsonObject;
}

/** Whether a token is of an issuer, for one of some audiences, and of this time; and then what it registers. Pure; never throws. */
export function judgeRegistered(
  claims: JsonObject,
  { url, audiences }: { readonly url: string; readonly audiences: readonly string[] },
  now: Date,
  trace?: Trace,
): RegisteredClaims | JwtRefusal {
  const registered = readRegisteredClaims(claims);
  if (registered.kind === "refused") {
    trace?.({ step: "claims", outcome: "failed", detail: registered.message });
    return registered;
  }
  const audience = (): JwtRefusal | undefined => judgeAudience(registered, audiences, trace);
  const times = (): JwtRefusal | undefined => judgeTimes(registered, now, trace);
  // Several audiences are kube-apiserver's own check, which comes after those of its library.
  const [first, second] = audiences.length > 1 ? [times, audience] : [audience, times];
  return judgeIssuer(registered, url, trace) ?? first() ?? second() ?? registered;
}

/** The second half of {@link judgeClaims}: mappings and rules, of claims that have their groups. */
export function judgeMapped(
  claims: JsonObject,
  { expirySeconds }: Pick<RegisteredClaims, "expirySeconds">,
  entry: CompiledAuthenticator,
  trace: OptionalTrace,
): JudgedClaims | JwtRefusal {
  const mapped = mapUser(claims, entry, trace);
  if (mapped.kind === "refused") return mapped;
  const { user } = mapped;
  const refusal = judgeRequiredClaims(claims, entry, trace) ?? judgeClaimRules(claims, entry, trace) ?? judgeUserRules(user, entry, trace);
  if (refusal !== undefined) return refusal;
  return { kind: "user", user, expiresAt: new Date(Math.min(expirySeconds * 1000, maxDateMs)) };
}

/**
 * From claims whose signature was found good (or that stand for such, in `explain`) to a user, in kube-apiserver's order: issuer,
 * audience, times, user name, groups, uid, extra, required claims, claim rules, user rules. Distributed groups are refused.
 * Pure; never throws.
 */
export function judgeClaims(
  claims: JsonObject,
  entry: CompiledAuthenticator,
  now: Date,
  { trace, registered: registeredMembers = claims }: JudgeOptions = {},
): JudgedClaims | JwtRefusal {
  const registered = judgeRegistered(registeredMembers, entry.authenticator.issuer, now, trace);
  if (registered.kind === "refused") return registered;
  return refuseDistributedGroups(claims, entry, trace) ?? judgeMapped(claims, registered, entry, trace);
}
