import type { JsonObject, JsonValue } from "@kubepass/wire";
import type { CompiledAuthenticator } from "../configuration/compiled.ts";
import type { UserInfo } from "../verifier.ts";
import type { CelOutcome } from "./cel-port.ts";
import { type JwtReason, type JwtRefusal, refuse } from "./reasons.ts";
import type { OptionalTrace } from "./trace.ts";

/** A user as the mappings made it. */
export interface MappedUser {
  readonly kind: "mapped";
  readonly user: UserInfo;
}

type Found<T> = { readonly kind: "found"; readonly value: T } | JwtRefusal;

const credentialIdKey = "authentication.kubernetes.io/credential-id";

/** A claim of the token itself, never of a prototype. */
export function findClaim(claims: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** A claim as Go reads it into a string: null is the empty one. `undefined` for other types. */
export function readText(value: JsonValue): string | undefined {
  if (value === null) return "";
  return typeof value === "string" ? value : undefined;
}

function found<T>(value: T, step: string, trace: OptionalTrace): Found<T> {
  trace?.({ step, outcome: "passed", detail: JSON.stringify(value) });
  return { kind: "found", value };
}

function fail(code: JwtReason, message: string, step: string, trace: OptionalTrace, detail = message): JwtRefusal {
  trace?.({ step, outcome: "failed", detail });
  return refuse(code, message);
}

function readTexts(value: JsonValue): readonly string[] | undefined {
  if (value === null) return [];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  const texts = value.map((item: JsonValue) => readText(item));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function judgeEmail(claims: JsonObject, trace: OptionalTrace): JwtRefusal | undefined {
  const verified = findClaim(claims, "email_verified");
  if (verified === undefined || verified === true) return undefined;
  const isWrongType = verified !== false && verified !== null;
  const message = isWrongType ? "the claim email_verified is not true or false" : "the e-mail address is not verified";
  return fail("EMAIL_UNVERIFIED", message, "email_verified", trace);
}

/** What an expression is blamed for. */
interface Blame {
  readonly code: JwtReason;
  readonly expression: string;
  readonly wanted: string;
  readonly step: string;
}

// Messages of CEL quote values, such as the key that a map does not have: they go no further than the trace.
function failExpression(outcome: CelOutcome, { code, expression, wanted, step }: Blame, trace: OptionalTrace): JwtRefusal {
  const name = `expression '${expression}'`;
  if (outcome.kind !== "error") return fail(code, `${name} must return ${wanted}`, step, trace);
  return fail(code, `${name} resulted in error ${outcome.code}`, step, trace, `${name} resulted in error: ${outcome.message}`);
}

function mapUsername(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): Found<string> {
  const step = "claimMappings.username";
  const { username } = entry;
  if (username !== undefined) {
    const outcome = username.evaluate({ claims });
    if (outcome.kind === "text" && outcome.value !== "") return found(outcome.value, step, trace);
    const code = "USERNAME_UNREADABLE";
    if (outcome.kind === "text") return fail(code, "empty username via CEL expression is not allowed", step, trace);
    return failExpression(outcome, { code, expression: username.expression, wanted: "a string", step }, trace);
  }
  const { claim, prefix = "" } = entry.authenticator.claimMappings.username;
  const value = findClaim(claims, claim);
  if (value === undefined) return fail("USERNAME_UNREADABLE", `the claim ${claim} is not present`, step, trace);
  const text = readText(value);
  if (text === undefined) return fail("USERNAME_UNREADABLE", `the claim ${claim} is not a string`, step, trace);
  const refusal = claim === "email" ? judgeEmail(claims, trace) : undefined;
  return refusal ?? found(`${prefix}${text}`, step, trace);
}

/** Strings that an expression gave; empty ones are as good as none. */
function textsOf(outcome: CelOutcome): readonly string[] | undefined {
  if (outcome.kind === "null") return [];
  if (outcome.kind === "text") return outcome.value === "" ? [] : [outcome.value];
  return outcome.kind === "texts" ? outcome.values.filter((text) => text !== "") : undefined;
}

function mapGroups(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): Found<readonly string[]> {
  const step = "claimMappings.groups";
  const { claim, prefix = "" } = entry.authenticator.claimMappings.groups;
  if (entry.groups !== undefined) {
    const outcome = entry.groups.evaluate({ claims });
    const texts = textsOf(outcome);
    if (texts !== undefined) return found(texts, step, trace);
    const blame = {
      code: "GROUPS_UNREADABLE",
      expression: entry.groups.expression,
      wanted: "a string or a list of strings",
      step,
    } as const;
    return failExpression(outcome, blame, trace);
  }
  const value = claim === "" ? undefined : findClaim(claims, claim);
  if (value === undefined) {
    trace?.({ step, outcome: "skipped", detail: claim === "" ? "not configured" : `the claim ${claim} is not present` });
    return { kind: "found", value: [] };
  }
  const texts = readTexts(value);
  if (texts === undefined) return fail("GROUPS_UNREADABLE", `the claim ${claim} is neither a string nor a list of strings`, step, trace);
  return found(
    texts.map((text) => `${prefix}${text}`),
    step,
    trace,
  );
}

function mapUid(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): Found<string> {
  const step = "claimMappings.uid";
  if (entry.uid !== undefined) {
    const outcome = entry.uid.evaluate({ claims });
    if (outcome.kind === "text") return found(outcome.value, step, trace);
    return failExpression(outcome, { code: "UID_UNREADABLE", expression: entry.uid.expression, wanted: "a string", step }, trace);
  }
  const { claim } = entry.authenticator.claimMappings.uid;
  if (claim === "") return { kind: "found", value: "" };
  const value = findClaim(claims, claim);
  const text = value === undefined ? undefined : readText(value);
  if (text !== undefined) return found(text, step, trace);
  return fail("UID_UNREADABLE", `the claim ${claim} is ${value === undefined ? "not present" : "not a string"}`, step, trace);
}

function mapExtra(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): Found<UserInfo["extra"]> {
  const jti = findClaim(claims, "jti");
  const members: (readonly [string, readonly string[]])[] =
    typeof jti === "string" && jti !== "" ? [[credentialIdKey, [`JTI=${jti}`]]] : [];
  // As in kube-apiserver, all are evaluated before any result is judged.
  const outcomes = entry.extra.map(({ key, program }) => ({ key, program, outcome: program.evaluate({ claims }) }));
  const failed = outcomes.find(({ outcome }) => outcome.kind === "error") ?? outcomes.find(({ outcome }) => textsOf(outcome) === undefined);
  if (failed !== undefined) {
    const { expression } = failed.program;
    const step = `claimMappings.extra[${failed.key}]`;
    return failExpression(failed.outcome, { code: "EXTRA_UNREADABLE", expression, wanted: "a string or a list of strings", step }, trace);
  }
  for (const { key, outcome } of outcomes) {
    const texts = textsOf(outcome) ?? [];
    trace?.({ step: `claimMappings.extra[${key}]`, outcome: texts.length > 0 ? "passed" : "skipped", detail: JSON.stringify(texts) });
    if (texts.length > 0) members.push([key, texts]);
  }
  return { kind: "found", value: Object.fromEntries(members) };
}

/** Maps claims to a user (`claimMappings`), as kube-apiserver does: user name, groups, uid, extra; the first failure refuses. */
export function mapUser(claims: JsonObject, entry: CompiledAuthenticator, trace: OptionalTrace): MappedUser | JwtRefusal {
  const username = mapUsername(claims, entry, trace);
  if (username.kind === "refused") return username;
  const groups = mapGroups(claims, entry, trace);
  if (groups.kind === "refused") return groups;
  const uid = mapUid(claims, entry, trace);
  if (uid.kind === "refused") return uid;
  const extra = mapExtra(claims, entry, trace);
  if (extra.kind === "refused") return extra;
  return { kind: "mapped", user: { username: username.value, groups: groups.value, uid: uid.value, extra: extra.value } };
}
