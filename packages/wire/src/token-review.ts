import { CredentialError } from "./errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { formatPrintable } from "./printable.ts";
import { Secret } from "./secret.ts";

/** The versions of the TokenReview API that are spoken. */
export const tokenReviewVersions = ["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"] as const;

/** One of {@link tokenReviewVersions}. */
export type TokenReviewVersion = (typeof tokenReviewVersions)[number];

/** Who a token is for, as a TokenReview answers it (authentication.k8s.io `UserInfo`). */
export interface UserInfo {
  readonly username: string;
  /** Empty when there is none. */
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What an API server asks: whose token is this, and is it for one of these audiences? */
export interface TokenReview {
  readonly apiVersion: TokenReviewVersion;
  readonly token: Secret;
  /** Empty when the API server asks for none. */
  readonly audiences: readonly string[];
}

/** What it is answered. */
export type TokenReviewStatus =
  | {
      readonly authenticated: true;
      readonly user: UserInfo;
      /** Those of the asked audiences that the token is for; empty when the answer says nothing of audiences. */
      readonly audiences: readonly string[];
    }
  | {
      readonly authenticated: false;
      /** Present when nobody can tell: the API server then keeps no answer in its cache. Absent for a plain no. */
      readonly error?: string | undefined;
    };

type Refuse = (what: string) => CredentialError;

const refuseReview: Refuse = (what) => new CredentialError("TOKEN_REVIEW_INVALID", `the request ${what}`);
const refuseAnswer: Refuse = (what) => new CredentialError("TOKEN_REVIEW_INVALID", `the answer ${what}`);

function parseDocument(text: string, refuse: Refuse): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The reason would quote the text, and with it the token.
    throw refuse("is not JSON");
  }
  if (!isJsonObject(value)) throw refuse("is not a JSON object");
  return value;
}

function getMember(object: JsonObject, key: string, refuse: Refuse): JsonObject {
  const value = object[key];
  if (!isJsonObject(value)) throw refuse(`has a ${key} that is not an object`);
  return value;
}

function parseTexts(value: JsonValue | undefined, name: string, refuse: Refuse): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw refuse(`has ${name} that are no list`);
  return value.map((item: unknown) => {
    if (typeof item !== "string") throw refuse(`has ${name} that are not all strings`);
    return item;
  });
}

function parseText(value: JsonValue | undefined, name: string, refuse: Refuse): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw refuse(`has a ${name} that is not a string`);
  return value;
}

function describeValue(value: JsonValue | undefined): string {
  return typeof value === "string" ? JSON.stringify(formatPrintable(value, 60)) : typeof value;
}

function checkKind(document: JsonObject, refuse: Refuse): void {
  if (document["kind"] !== "TokenReview") throw refuse(`is of kind ${describeValue(document["kind"])} instead of "TokenReview"`);
}

function parseReviewObject(document: JsonObject): TokenReview {
  const apiVersion = tokenReviewVersions.find((version) => version === document["apiVersion"]);
  if (apiVersion === undefined) throw refuseReview(`has apiVersion ${describeValue(document["apiVersion"])}, which is not spoken here`);
  checkKind(document, refuseReview);
  const spec = getMember(document, "spec", refuseReview);
  const token = parseText(spec["token"], "spec.token", refuseReview);
  if (token === "") throw refuseReview("has no spec.token");
  return { apiVersion, token: new Secret(token), audiences: parseTexts(spec["audiences"], "spec.audiences", refuseReview) };
}

/**
 * Reads what an API server sends to its token webhook. Fields that are not known are ignored, as Kubernetes adds them.
 * Throws `TOKEN_REVIEW_INVALID`, without a word of the content, when it is no TokenReview of a version that is spoken or
 * lacks a token.
 */
export function parseTokenReview(text: string): TokenReview {
  return parseReviewObject(parseDocument(text, refuseReview));
}

/** The body of a request to a token webhook: the other half of {@link parseTokenReview}. */
export function formatTokenReview(review: TokenReview): string {
  const { apiVersion, token, audiences } = review;
  const spec = { token: token.reveal(), ...(audiences.length === 0 ? {} : { audiences }) };
  return JSON.stringify({ apiVersion, kind: "TokenReview", metadata: {}, spec });
}

function formatUser(user: UserInfo): JsonObject {
  const { username, uid, groups, extra } = user;
  return {
    username,
    ...(uid === "" ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function formatStatus(status: TokenReviewStatus): JsonObject {
  if (!status.authenticated) return { authenticated: false, error: status.error };
  return {
    authenticated: true,
    user: formatUser(status.user),
    ...(status.audiences.length === 0 ? {} : { audiences: status.audiences }),
  };
}

/** The body of an answer, in the version of the question. */
export function formatTokenReviewAnswer(status: TokenReviewStatus, apiVersion: TokenReviewVersion): string {
  return JSON.stringify({ apiVersion, kind: "TokenReview", status: formatStatus(status) });
}

function parseExtra(value: JsonValue | undefined): Readonly<Record<string, readonly string[]>> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw refuseAnswer("has a user.extra that is not an object");
  const members = Object.entries(value).map(([key, texts]) => [key, parseTexts(texts, "values in user.extra", refuseAnswer)] as const);
  // Defines members, so that one named __proto__ is a member like others.
  return Object.fromEntries(members);
}

function parseUser(status: JsonObject): UserInfo {
  const user = getMember(status, "user", refuseAnswer);
  return {
    username: parseText(user["username"], "user.username", refuseAnswer),
    uid: parseText(user["uid"], "user.uid", refuseAnswer),
    groups: parseTexts(user["groups"], "user.groups", refuseAnswer),
    extra: parseExtra(user["extra"]),
  };
}

function checkAnsweredVersion(document: JsonObject, asked: TokenReviewVersion): void {
  const apiVersion = document["apiVersion"] ?? "";
  if (apiVersion !== "" && apiVersion !== asked) throw refuseAnswer(`has apiVersion ${describeValue(apiVersion)} instead of "${asked}"`);
  if ((document["kind"] ?? "") !== "") checkKind(document, refuseAnswer);
}

/**
 * Reads what a token webhook answers: the other half of {@link formatTokenReviewAnswer}. Like the API server's own client it
 * takes an answer without `apiVersion` and `kind` for one of the version that was asked. A user beside `authenticated: false` is ignored.
 * Throws `TOKEN_REVIEW_INVALID` for anything else.
 */
export function parseTokenReviewAnswer(text: string, asked: TokenReviewVersion): TokenReviewStatus {
  const document = parseDocument(text, refuseAnswer);
  checkAnsweredVersion(document, asked);
  const status = getMember(document, "status", refuseAnswer);
  const { authenticated } = status;
  if (authenticated !== undefined && authenticated !== null && typeof authenticated !== "boolean")
    throw refuseAnswer("has a status.authenticated that is not true or false");
  if (authenticated === true)
    return { authenticated, user: parseUser(status), audiences: parseTexts(status["audiences"], "status.audiences", refuseAnswer) };
  const error = parseText(status["error"], "status.error", refuseAnswer);
  return { authenticated: false, error: error === "" ? undefined : error };
}
