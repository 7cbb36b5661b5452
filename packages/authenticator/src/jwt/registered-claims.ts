import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { type JwtRefusal, refuse } from "./reasons.ts";

/** The registered claims (RFC 7519 §4.1) that decide, with the laxness of kube-apiserver's reader in types and none in names. */
export interface RegisteredClaims {
  readonly kind: "registered";
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Whole seconds since 1970. Minus infinity when missing. */
  readonly expirySeconds: number;
  /** As {@link expirySeconds}. */
  readonly notBeforeSeconds: number;
}

const registeredNames = ["iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "at_hash", "_claim_names", "_claim_sources"];
const registered: ReadonlySet<string> = new Set(registeredNames);
const plainName = /^[a-z0-9_]*$/;
// The two letters beyond ASCII that Go folds into it.
const fold = (name: string): string => name.replaceAll("\u017f", "s").replaceAll("\u212a", "k").toLowerCase();

/** A member in another case than the registered name, such as `ISS`: kube-apiserver takes it for the claim, nobody else does. */
export function findOddCaseName(claims: JsonObject): string | undefined {
  // Most names fold to themselves.
  return Object.keys(claims).find((name) => !plainName.test(name) && !registered.has(name) && registered.has(fold(name)));
}

/** The same claims with odd-case names read as kube-apiserver reads them: the last spelling counts. */
export function foldRegisteredNames(claims: JsonObject): JsonObject {
  const folded = Object.entries(claims).map(([name, value]: [string, JsonValue | undefined]) => {
    const lower = fold(name);
    return [registered.has(lower) ? lower : name, value] as const;
  });
  return Object.fromEntries(folded);
}

const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
// From it on, Go's clock overflows and the year is taken for one long past.
const maxSeconds = 2 ** 63 - 62_135_596_800;

/** Seconds from a number or a string that holds one; `undefined` for anything else, and for what no double can hold. */
function findSeconds(value: JsonValue): number | undefined {
  const number = typeof value === "string" && jsonNumber.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? Math.trunc(number) : undefined;
}

function isText(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value === "string";
}

function findAudiences(value: JsonValue | undefined): readonly string[] | undefined {
  if (value === undefined) return [];
  if (value === null) return [""];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value) || !value.every((item: JsonValue) => isText(item))) return undefined;
  return value.map((item: JsonValue) => (typeof item === "string" ? item : ""));
}

function isTextMap(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (isJsonObject(value) && Object.values(value).every((item) => isText(item)));
}

function isSourceMap(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (!isJsonObject(value)) return false;
  return Object.values(value).every(
    (source) => source === null || (isJsonObject(source) && isText(source["endpoint"]) && isText(source["access_token"])),
  );
}

/** The first registered claim with a wrong type, among those that only have to be readable. */
function findUnreadable(claims: JsonObject): string | undefined {
  const badText = ["iss", "sub", "nonce", "at_hash"].find((name) => !isText(claims[name]));
  if (badText !== undefined) return badText;
  const { iat } = claims;
  if (iat !== undefined && findSeconds(iat) === undefined) return "iat";
  if (!isTextMap(claims["_claim_names"])) return "_claim_names";
  return isSourceMap(claims["_claim_sources"]) ? undefined : "_claim_sources";
}

/** Whether each name in `_claim_names` has its source in `_claim_sources` (OpenID Connect Core §5.6.2). */
function areSourcesThere(claims: JsonObject): boolean {
  const [names, sources] = [claims["_claim_names"], claims["_claim_sources"]];
  if (!isJsonObject(names)) return true;
  return Object.values(names).every(
    (source) => typeof source === "string" && source !== "" && isJsonObject(sources) && Object.hasOwn(sources, source),
  );
}

function unreadable(name: string): JwtRefusal {
  return refuse("CLAIMS_MALFORMED", `the claim ${name} has a wrong type`);
}

/** Seconds of a claim that may be missing (`absent` then); `undefined` for one of a wrong type. */
function findSecondsOr<T>(value: JsonValue | undefined, absent: T): number | T | undefined {
  return value === undefined ? absent : findSeconds(value);
}

function readTimes(claims: JsonObject): { readonly expiry: number; readonly notBefore: number } | string {
  const expiry = findSecondsOr(claims["exp"], Number.NEGATIVE_INFINITY);
  if (expiry === undefined) return "exp";
  const notBefore = findSecondsOr(claims["nbf"] ?? undefined, Number.NEGATIVE_INFINITY);
  if (notBefore === undefined) return "nbf";
  return { expiry: expiry >= maxSeconds ? Number.NEGATIVE_INFINITY : expiry, notBefore };
}

/** Reads the registered claims; a claim of a wrong type refuses the whole token. */
export function readRegisteredClaims(claims: JsonObject): RegisteredClaims | JwtRefusal {
  const bad = findUnreadable(claims);
  if (bad !== undefined) return unreadable(bad);
  const { iss, aud } = claims;
  const audiences = findAudiences(aud);
  if (audiences === undefined) return unreadable("aud");
  const times = readTimes(claims);
  if (typeof times === "string") return unreadable(times);
  if (!areSourcesThere(claims)) return refuse("CLAIMS_MALFORMED", "_claim_names names a source that _claim_sources lacks");
  return {
    kind: "registered",
    issuer: typeof iss === "string" ? iss : "",
    audiences,
    expirySeconds: times.expiry,
    notBeforeSeconds: times.notBefore,
  };
}
