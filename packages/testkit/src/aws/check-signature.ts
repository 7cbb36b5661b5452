import { Secret } from "@kubepass/wire";
import { type Pair, sign, signatureAlgorithm } from "@kubepass/wire/signing";
import type { AwsAccounts, AwsKey } from "./aws-accounts.ts";
import { AwsRefusal } from "./aws-answer.ts";

/** A request as it arrived. */
export interface AwsRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly Pair[];
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What signatures have to be scoped to. */
export interface SignatureScope {
  readonly region: string;
  readonly service: string;
  readonly now: Date;
}

interface Claim {
  readonly credential: string;
  readonly date: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly sessionToken: string | undefined;
  readonly query: readonly Pair[];
  readonly toleranceMs: number;
}

const presignedToleranceMs = 15 * 60_000;
const headerToleranceMs = 5 * 60_000;

function find(query: readonly Pair[], name: string): string | undefined {
  return query.find(([known]) => known === name)?.[1];
}

function readPresigned(request: AwsRequest): Claim {
  const get = (name: string): string => {
    const value = find(request.query, name);
    if (value === undefined) throw new AwsRefusal("IncompleteSignature", `Request must contain ${name}`, 400);
    return value;
  };
  if (get("X-Amz-Algorithm") !== signatureAlgorithm) throw new AwsRefusal("IncompleteSignature", "Unsupported algorithm", 400);
  return {
    credential: get("X-Amz-Credential"),
    date: get("X-Amz-Date"),
    signedHeaders: get("X-Amz-SignedHeaders"),
    signature: get("X-Amz-Signature"),
    sessionToken: find(request.query, "X-Amz-Security-Token"),
    query: request.query.filter(([name]) => name !== "X-Amz-Signature"),
    toleranceMs: presignedToleranceMs,
  };
}

function readHeaders(request: AwsRequest): Claim {
  const authorization = request.headers["authorization"];
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(authorization ?? "");
  const date = request.headers["x-amz-date"];
  if (authorization === undefined) throw new AwsRefusal("MissingAuthenticationToken", "Request is missing Authentication Token");
  if (parts === null || date === undefined) throw new AwsRefusal("IncompleteSignature", "Authorization header is incomplete", 400);
  return {
    credential: parts[1] ?? "",
    date,
    signedHeaders: parts[2] ?? "",
    signature: parts[3] ?? "",
    sessionToken: request.headers["x-amz-security-token"],
    query: request.query,
    toleranceMs: headerToleranceMs,
  };
}

function parseDate(text: string): Date {
  const instant = new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(instant.getTime())) throw new AwsRefusal("IncompleteSignature", "Date must be in ISO-8601 basic format", 400);
  return instant;
}

function findKey(accounts: AwsAccounts, claim: Claim, scope: SignatureScope): AwsKey {
  const [accessKeyId = "", day, region, service, end] = claim.credential.split("/");
  const key = accounts.keys.get(accessKeyId);
  if (key === undefined || claim.sessionToken !== key.sessionToken) {
    throw new AwsRefusal("InvalidClientTokenId", "The security token included in the request is invalid.");
  }
  if (day !== claim.date.slice(0, 8) || region !== scope.region || service !== scope.service || end !== "aws4_request") {
    throw new AwsRefusal("SignatureDoesNotMatch", "Credential should be scoped to a valid region.");
  }
  return key;
}

function selectSigned(request: AwsRequest, names: string): readonly Pair[] {
  return names.split(";").map((name): Pair => {
    const value = request.headers[name];
    if (value === undefined) throw new AwsRefusal("SignatureDoesNotMatch", `The signed header ${name} is missing.`);
    return [name, value];
  });
}

/** The key that a request is signed with. Throws {@link AwsRefusal} with AWS's own codes. */
export function checkSignature(request: AwsRequest, accounts: AwsAccounts, scope: SignatureScope): AwsKey {
  const claim = request.query.some(([name]) => name === "X-Amz-Algorithm") ? readPresigned(request) : readHeaders(request);
  const signedAt = parseDate(claim.date);
  const key = findKey(accounts, claim, scope);
  const headers = selectSigned(request, claim.signedHeaders);
  if (!headers.some(([name]) => name === "host")) throw new AwsRefusal("SignatureDoesNotMatch", "'Host' must be a signed header.");
  const { region, service, now } = scope;
  const signed = { method: request.method, path: request.path, query: claim.query, headers, body: request.body, region, service, signedAt };
  if (sign(signed, new Secret(key.secretAccessKey)) !== claim.signature) {
    throw new AwsRefusal("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
  }
  const offMs = now.getTime() - signedAt.getTime();
  if (offMs > claim.toleranceMs)
    throw new AwsRefusal("SignatureDoesNotMatch", `Signature expired: ${claim.date} is now earlier than allowed`);
  if (offMs < -headerToleranceMs)
    throw new AwsRefusal("SignatureDoesNotMatch", `Signature not yet current: ${claim.date} is still later than allowed`);
  if (key.expiresAt !== undefined && key.expiresAt <= now) {
    throw new AwsRefusal("ExpiredToken", "The security token included in the request is expired");
  }
  return key;
}
