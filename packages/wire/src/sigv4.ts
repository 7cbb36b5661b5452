import { authenticateText, hashContent } from "#hashes";
import { encodeQueryText, formatAmzDate } from "./amz-text.ts";
import type { Secret } from "./secret.ts";

/*
 * AWS Signature Version 4: what is signed, and the signature. Both halves use it: clients to sign, servers of the
 * tests to check. Import it as `@kubepass/wire/signing`, for it loads node:crypto, but under Bun.
 */

/** A name and a value, not encoded. */
export type Pair = readonly [name: string, value: string];

/** The key with which a request is signed. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
}

/** What a signature covers. */
export interface SignedRequest {
  readonly method: string;
  /** As it goes on the wire, already encoded; `/` for STS and EC2. */
  readonly path: string;
  readonly query: readonly Pair[];
  /** The headers that are signed, `host` among them; names in any case. */
  readonly headers: readonly Pair[];
  readonly body: string | Uint8Array;
  readonly region: string;
  readonly service: string;
  /** Whole seconds. */
  readonly signedAt: Date;
}

/** The algorithm's name in parameters and headers. */
export const signatureAlgorithm = "AWS4-HMAC-SHA256";

/** The scope of a signature: day, region, service. */
export function formatCredentialScope(signedAt: Date, region: string, service: string): string {
  return `${formatAmzDate(signedAt).slice(0, 8)}/${region}/${service}/aws4_request`;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function formatQuery(query: readonly Pair[]): string {
  return query
    .map(([name, value]) => [encodeQueryText(name), encodeQueryText(value)] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join("="))
    .join("&");
}

/** The names of signed headers as they stand in a request: lower case, sorted, `;` between. */
export function formatSignedHeaders(headers: readonly Pair[]): string {
  return headers
    .map(([name]) => name.toLowerCase())
    .toSorted(compare)
    .join(";");
}

/** The text whose hash is signed. */
export function formatCanonicalRequest(request: SignedRequest): string {
  const headers = request.headers
    .map(([name, value]) => [name.toLowerCase(), value.trim().replaceAll(/[ \t]+/g, " ")] as const)
    .toSorted(([a], [b]) => compare(a, b));
  return [
    request.method,
    request.path,
    formatQuery(request.query),
    ...headers.map(([name, value]) => `${name}:${value}`),
    "",
    formatSignedHeaders(request.headers),
    hashContent(request.body),
  ].join("\n");
}

/** The signature: 64 lower-case hexadecimal digits. */
export function sign(request: SignedRequest, secretAccessKey: Secret): string {
  const { signedAt, region, service } = request;
  const date = formatAmzDate(signedAt);
  const text = [signatureAlgorithm, date, formatCredentialScope(signedAt, region, service), hashContent(formatCanonicalRequest(request))];
  const steps = [date.slice(0, 8), region, service, "aws4_request"];
  const key = steps.reduce<string | Uint8Array>((previous, step) => authenticateText(previous, step), `AWS4${secretAccessKey.reveal()}`);
  return Buffer.from(authenticateText(key, text.join("\n"))).toString("hex");
}

/** The value of the `Authorization` header for a request signed in its headers. */
export function formatAuthorization(request: SignedRequest, key: SigningKey): string {
  const scope = formatCredentialScope(request.signedAt, request.region, request.service);
  const signed = formatSignedHeaders(request.headers);
  return `${signatureAlgorithm} Credential=${key.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${sign(request, key.secretAccessKey)}`;
}
