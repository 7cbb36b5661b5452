import { isJsonObject } from "@kubepass/wire";
import type { CallerIdentity } from "../caller-identity.ts";
import { canonicalizeArn, type CanonicalArn, findArnParts } from "../mapping/arn.ts";
import { findChild, parseXml } from "../xml.ts";

/** What STS answered, unread. */
export interface StsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly retryAfterMs?: number | undefined;
}

/** What an answer of STS means for a token. */
export type IdentityVerdict =
  | { readonly kind: "identified"; readonly identity: CallerIdentity }
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | {
      readonly kind: "uncertain";
      readonly code: string;
      readonly message: string;
      readonly retryAfterMs?: number | undefined;
      /** Worth one more try at once. */
      readonly isRepeatable: boolean;
    };

/** What the answer must agree with. */
export interface IdentityExpectation {
  readonly partition: string;
  readonly accessKeyId: string;
}

interface Fields {
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
}

const throttlingCodes: ReadonlySet<string> = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestThrottled",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  "SlowDown",
]);

function doubt(code: string, message: string, isRepeatable = false, retryAfterMs?: number): IdentityVerdict {
  return { kind: "uncertain", code, message, isRepeatable, retryAfterMs };
}

function invalid(what: string): IdentityVerdict {
  return doubt("STS_ANSWER_INVALID", `the answer of STS ${what}`);
}

type BodyForm = "json" | "xml" | "other";

function formOf(contentType: string): BodyForm {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json" || type === "application/x-amz-json-1.0" || type === "application/x-amz-json-1.1") return "json";
  return type === "text/xml" || type === "application/xml" ? "xml" : "other";
}

function findJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function findMember(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isJsonObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined), value);
}

function toFields(arn: unknown, account: unknown, userId: unknown): Fields | undefined {
  if (typeof arn !== "string" || typeof account !== "string" || typeof userId !== "string") return undefined;
  return { arn, account, userId };
}

function findFields(answer: StsAnswer): Fields | undefined {
  const form = formOf(answer.contentType);
  if (form === "json") {
    const result = findMember(findJson(answer.body), "GetCallerIdentityResponse", "GetCallerIdentityResult");
    return toFields(findMember(result, "Arn"), findMember(result, "Account"), findMember(result, "UserId"));
  }
  if (form === "other") return undefined;
  const root = parseXml(answer.body);
  // The root's own name is what tells this answer from those of other actions, which may repeat what a client sent.
  if (root?.name !== "GetCallerIdentityResponse") return undefined;
  const result = findChild(root, "GetCallerIdentityResult");
  return toFields(findChild(result, "Arn")?.text, findChild(result, "Account")?.text, findChild(result, "UserId")?.text);
}

function findToldCode(answer: StsAnswer): unknown {
  const form = formOf(answer.contentType);
  if (form === "json") return findMember(findJson(answer.body), "Error", "Code");
  const root = form === "xml" ? parseXml(answer.body) : undefined;
  return root?.name === "ErrorResponse" ? findChild(findChild(root, "Error"), "Code")?.text : undefined;
}

/** The code of an error that STS itself answered; `undefined` when it was not STS, or not an error of its form. */
function findErrorCode(answer: StsAnswer): string | undefined {
  const told = findToldCode(answer);
  return typeof told === "string" && /^[A-Za-z][A-Za-z.]{0,99}$/.test(told) ? told : undefined;
}

function judgeFailure(answer: StsAnswer): IdentityVerdict {
  const { status, retryAfterMs } = answer;
  const code = findErrorCode(answer);
  if (status === 429 || (code !== undefined && throttlingCodes.has(code)))
    return doubt("STS_THROTTLED", "STS answers that it is asked too often", false, retryAfterMs);
  if (status >= 500) return doubt("STS_UNAVAILABLE", `STS answered with status ${status}`, true, retryAfterMs);
  if (status >= 300 && status < 400) return doubt("STS_REDIRECTED", `STS answered with a redirect (${status}), which is not followed`);
  if (status < 400 || code === undefined) return invalid(`has status ${status} and does not say why`);
  return { kind: "refused", code: "STS_REFUSED", message: `STS refused the token: ${code}` };
}

type Session = { readonly userId: string; readonly sessionName: string } | undefined;

// What IAM and STS let names and ids consist of; nothing that could be a template, a control character or a second line.
const sessionForm = /^[\w+=,.@-]{2,64}$/;
const idForm = /^[\w+=,.@-]{1,128}$/;
const accountForm = /^\d{12}$/;

function matchAssumedRole(userId: string, name: string): Session {
  const [id = "", session = "", ...rest] = userId.split(":");
  const isWhole = rest.length === 0 && idForm.test(id) && sessionForm.test(session);
  return isWhole && session === name ? { userId: id, sessionName: session } : undefined;
}

function isPlainUserId(fields: Fields, type: CanonicalArn["type"], name: string): boolean {
  const { userId, account } = fields;
  // The whole id of a federated user, because its first half is the account, which is the id of the account's root.
  if (type === "federated-user") return userId === `${account}:${name}` && sessionForm.test(name);
  if (type === "root") return userId === account;
  return type === "user" && idForm.test(userId) && !accountForm.test(userId);
}

/** Takes the user id apart and holds it against the ARN; `undefined` when they contradict each other. STS names no bare role. */
function matchSession(fields: Fields, canonical: CanonicalArn): Session {
  const name = findArnParts(fields.arn)?.resource.split("/").at(-1) ?? "";
  if (canonical.type === "assumed-role") return matchAssumedRole(fields.userId, name);
  return isPlainUserId(fields, canonical.type, name) ? { userId: fields.userId, sessionName: "" } : undefined;
}

function judgeFields(fields: Fields, expected: IdentityExpectation): IdentityVerdict {
  const { arn, account } = fields;
  const parts = /^[\x21-\x7e]{1,2048}$/.test(arn) ? findArnParts(arn) : undefined;
  const canonical = parts === undefined ? undefined : canonicalizeArn(arn);
  if (parts === undefined || canonical === undefined) return invalid("names nobody that IAM knows");
  if (!accountForm.test(account) || parts.account !== account || parts.region !== "")
    return invalid("contradicts itself about the account");
  if (parts.partition !== expected.partition)
    return {
      kind: "refused",
      code: "IDENTITY_PARTITION",
      message: `the identity is of partition ${parts.partition}, not ${expected.partition}`,
    };
  const session = matchSession(fields, canonical);
  if (session === undefined) return invalid("contradicts itself about the user id");
  const { type, partition, arn: canonicalArn } = canonical;
  return {
    kind: "identified",
    identity: { arn, canonicalArn, type, partition, accountId: account, accessKeyId: expected.accessKeyId, ...session },
  };
}

/**
 * What an answer of STS says of a token: who signed it, that it is refused, or nothing. Everything that is told twice must
 * agree: account, partition, session. Pure; takes JSON and XML by their content type, and nothing else.
 */
export function judgeCallerIdentity(answer: StsAnswer, expected: IdentityExpectation): IdentityVerdict {
  if (answer.status !== 200) return judgeFailure(answer);
  const fields = findFields(answer);
  return fields === undefined ? invalid("is not that of GetCallerIdentity") : judgeFields(fields, expected);
}
