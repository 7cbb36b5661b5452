import { encodeQueryText, formatAmzDate } from "./amz-text.ts";
import { Secret } from "./secret.ts";
import { parseStsHost, type StsEndpoint } from "./sts-endpoint.ts";

/*
 * The EKS token: a prefix and, in base64url without padding, the URL of a presigned GET of STS's GetCallerIdentity.
 * The header `x-k8s-aws-id` is signed and is not in the token: whoever checks it supplies the name of its own cluster.
 * Maker and checker live here; the signature is made in presign-eks-token.ts.
 */

/** What an EKS token begins with. */
export const eksTokenPrefix = "k8s-aws-v1.";
/** The longest EKS token that is read: session tokens take up to 4 KiB, and STS takes a request line of about 16. */
export const maxEksTokenLength = 16_384;
/** The header that names the cluster. */
export const clusterIdHeader = "x-k8s-aws-id";
/** How long STS takes a presigned request after it was signed, whatever `X-Amz-Expires` says. */
export const eksTokenLifeSeconds = 900;

/** All that is in an EKS token; the rest of its URL is the same in each. */
export interface EksTokenParts {
  readonly endpoint: StsEndpoint;
  readonly accessKeyId: string;
  /** Whole seconds. */
  readonly signedAt: Date;
  /** `X-Amz-Expires`; clients say 60, and STS does not look. */
  readonly expiresSeconds: number;
  /** Of temporary credentials. */
  readonly sessionToken: Secret | undefined;
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string;
}

/** What is wrong with a text that should be an EKS token. */
export type EksTokenFlaw =
  | "too-large"
  | "prefix"
  | "base64"
  | "url"
  | "host"
  | "query"
  | "parameter-unknown"
  | "parameter-repeated"
  | "parameter-missing"
  | "action"
  | "version"
  | "algorithm"
  | "credential"
  | "date"
  | "expires"
  | "security-token"
  | "signed-headers"
  | "signature";

/** A token taken apart, or why it is none. The message quotes nothing of it. */
export type EksTokenOutcome =
  | { readonly kind: "parsed"; readonly parts: EksTokenParts }
  | { readonly kind: "refused"; readonly flaw: EksTokenFlaw; readonly message: string };

const messages: Readonly<Record<EksTokenFlaw, string>> = {
  "too-large": `it is longer than ${maxEksTokenLength} characters`,
  prefix: `it does not begin with ${eksTokenPrefix}`,
  base64: "what follows the prefix is not base64url without padding",
  url: "it holds no URL of the form https://HOST/?QUERY",
  host: "its host is not one of STS in a known partition and region",
  query: "its query is not percent-encoded the one right way",
  "parameter-unknown": "its query has a parameter that no client sends",
  "parameter-repeated": "its query has a parameter twice",
  "parameter-missing": "its query lacks a parameter",
  action: "its action is not GetCallerIdentity",
  version: "its version is not 2011-06-15",
  algorithm: "its algorithm is not AWS4-HMAC-SHA256",
  credential: "its credential is not scoped to the day and region of the request at STS",
  date: "its date is not of the form yyyymmddThhmmssZ",
  expires: "its expiry is not a number from 0 to 900",
  "security-token": "its session token has characters that none has",
  "signed-headers": `it does not sign host and ${clusterIdHeader} and nothing else`,
  signature: "its signature is not 64 hexadecimal digits",
};

// Throws inside this file alone: the way out of nested checks.
class Flaw extends Error {
  readonly flaw: EksTokenFlaw;

  constructor(flaw: EksTokenFlaw) {
    super(flaw);
    this.flaw = flaw;
  }
}

const parameterNames = [
  "Action",
  "Version",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-Security-Token",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
] as const;
type ParameterName = (typeof parameterNames)[number];
type Parameters = ReadonlyMap<ParameterName, string>;

/** The one way to write a value of {@link parameterNames}, in the order of aws-iam-authenticator. */
function listParameters(parts: Omit<EksTokenParts, "signature">): readonly (readonly [ParameterName, string])[] {
  const { endpoint, accessKeyId, sessionToken } = parts;
  const date = formatAmzDate(parts.signedAt);
  return [
    ["Action", "GetCallerIdentity"],
    ["Version", "2011-06-15"],
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${accessKeyId}/${date.slice(0, 8)}/${endpoint.region}/sts/aws4_request`],
    ["X-Amz-Date", date],
    ["X-Amz-Expires", String(parts.expiresSeconds)],
    ...(sessionToken === undefined ? [] : [["X-Amz-Security-Token", sessionToken.reveal()] as const]),
    ["X-Amz-SignedHeaders", `host;${clusterIdHeader}`],
  ];
}

/** The query that the signature covers: all of it but the signature. */
export function listSignedParameters(parts: Omit<EksTokenParts, "signature">): readonly (readonly [name: string, value: string])[] {
  return listParameters(parts);
}

/**
 * The URL of the presigned request, made from the parts alone. A checker sends this, never what a client wrote: the
 * host, the action and the names are ours, so that a value checked and a value sent cannot differ (CVE-2022-2385).
 * It proves an identity for 15 minutes: a secret.
 */
export function formatCallerIdentityUrl(parts: EksTokenParts): Secret {
  const query = listParameters(parts).map(([name, value]) => `${name}=${encodeQueryText(value)}`);
  return new Secret(`https://${parts.endpoint.host}/?${query.join("&")}&X-Amz-Signature=${parts.signature}`);
}

/** The token, byte for byte as aws-iam-authenticator makes it from the same parts. */
export function formatEksToken(parts: EksTokenParts): Secret {
  return new Secret(`${eksTokenPrefix}${Buffer.from(formatCallerIdentityUrl(parts).reveal()).toString("base64url")}`);
}

/**
 * True for a cluster id that every signer and checker writes the same way: printable ASCII, no blanks at its ends and no
 * two in a row (signers fold them), at most 1,024 characters.
 */
export function isClusterId(text: string): boolean {
  return text.length <= 1024 && /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text);
}

/** True for what looks like an EKS token, checked or not. */
export function isEksToken(token: string): boolean {
  return token.startsWith(eksTokenPrefix);
}

function decodeUrl(token: string): string {
  if (token.length > maxEksTokenLength) throw new Flaw("too-large");
  if (!isEksToken(token)) throw new Flaw("prefix");
  const encoded = token.slice(eksTokenPrefix.length);
  // Buffer skips what it does not know and takes loose final bits: only what encodes back to itself is what it says.
  const bytes = /^[A-Za-z0-9_-]+$/.test(encoded) ? Buffer.from(encoded, "base64url") : undefined;
  if (bytes?.toString("base64url") !== encoded) throw new Flaw("base64");
  return bytes.toString("latin1");
}

function decodeValue(text: string): string {
  try {
    const value = decodeURIComponent(text);
    if (encodeQueryText(value) === text) return value;
  } catch {
    // Not percent-encoding, or not UTF-8.
  }
  throw new Flaw("query");
}

function parseParameters(query: string): Parameters {
  const parameters = new Map<ParameterName, string>();
  for (const pair of query.split("&")) {
    const at = pair.indexOf("=");
    if (at < 0) throw new Flaw("query");
    const name = parameterNames.find((known) => known === pair.slice(0, at));
    if (name === undefined) throw new Flaw("parameter-unknown");
    if (parameters.has(name)) throw new Flaw("parameter-repeated");
    parameters.set(name, decodeValue(pair.slice(at + 1)));
  }
  return parameters;
}

function getMatch(parameters: Parameters, name: ParameterName, pattern: RegExp, flaw: EksTokenFlaw): string {
  const value = parameters.get(name);
  if (value === undefined) throw new Flaw("parameter-missing");
  if (!pattern.test(value)) throw new Flaw(flaw);
  return value;
}

function parseDate(text: string): Date {
  const instant = new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  // A 31st of February becomes another day, and an hour 25 no time at all.
  if (Number.isNaN(instant.getTime()) || formatAmzDate(instant) !== text) throw new Flaw("date");
  return instant;
}

function parseAccessKeyId(parameters: Parameters, date: string, endpoint: StsEndpoint): string {
  const credential = getMatch(parameters, "X-Amz-Credential", /^\w{1,128}\/.+$/, "credential");
  const [accessKeyId = ""] = credential.split("/", 1);
  if (credential !== `${accessKeyId}/${date.slice(0, 8)}/${endpoint.region}/sts/aws4_request`) throw new Flaw("credential");
  return accessKeyId;
}

function findSessionToken(parameters: Parameters): Secret | undefined {
  if (!parameters.has("X-Amz-Security-Token")) return undefined;
  return new Secret(getMatch(parameters, "X-Amz-Security-Token", /^[\x21-\x7e]+$/, "security-token"));
}

function parseExpires(parameters: Parameters): number {
  const seconds = Number(getMatch(parameters, "X-Amz-Expires", /^(?:0|[1-9]\d{0,2})$/, "expires"));
  if (seconds > eksTokenLifeSeconds) throw new Flaw("expires");
  return seconds;
}

function parseParts(token: string, extraRegions: Readonly<Record<string, readonly string[]>>): EksTokenParts {
  const url = /^https:\/\/([^/?#]*)\/\?([\x21-\x7e]+)$/.exec(decodeUrl(token));
  if (url === null) throw new Flaw("url");
  const [, host = "", query = ""] = url;
  const endpoint = parseStsHost(host, extraRegions);
  if (endpoint === undefined) throw new Flaw("host");
  const parameters = parseParameters(query);
  getMatch(parameters, "Action", /^GetCallerIdentity$/, "action");
  getMatch(parameters, "Version", /^2011-06-15$/, "version");
  getMatch(parameters, "X-Amz-Algorithm", /^AWS4-HMAC-SHA256$/, "algorithm");
  getMatch(parameters, "X-Amz-SignedHeaders", /^host;x-k8s-aws-id$/, "signed-headers");
  const date = getMatch(parameters, "X-Amz-Date", /^\d{8}T\d{6}Z$/, "date");
  return {
    endpoint,
    signedAt: parseDate(date),
    accessKeyId: parseAccessKeyId(parameters, date, endpoint),
    expiresSeconds: parseExpires(parameters),
    sessionToken: findSessionToken(parameters),
    signature: getMatch(parameters, "X-Amz-Signature", /^[0-9a-f]{64}$/, "signature"),
  };
}

/**
 * Takes an EKS token apart, strict to the byte: nothing is normalised, and each parameter stands once, under its exact
 * name, encoded the one way that clients encode. Whether it is still valid, and for whom, is not looked at.
 * `extraRegions` are those whose names no partition's form covers yet, by partition. Never throws.
 */
export function parseEksToken(token: string, extraRegions: Readonly<Record<string, readonly string[]>> = {}): EksTokenOutcome {
  try {
    return { kind: "parsed", parts: parseParts(token, extraRegions) };
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    return { kind: "refused", flaw: error.flaw, message: `not an EKS token: ${messages[error.flaw]}` };
  }
}
