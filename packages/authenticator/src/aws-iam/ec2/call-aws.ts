import type { Fetch } from "@kubepass/network";
import { CredentialError } from "@kubepass/wire";
import { encodeQueryText, formatAmzDate, formatAuthorization, type Pair } from "@kubepass/wire/signing";
import { findChild, parseXml, type XmlElement } from "../xml.ts";
import type { AwsCredentials } from "./credentials.ts";

/** One call of AWS's query protocol. */
export interface AwsCall {
  readonly host: string;
  readonly region: string;
  /** As signatures name it: `ec2`, `sts`. */
  readonly service: string;
  readonly parameters: readonly Pair[];
  /** Headers that are sent and signed beside those that every call has. */
  readonly headers?: readonly Pair[] | undefined;
}

function findErrorCode(root: XmlElement | undefined): string | undefined {
  // EC2 answers <Response><Errors><Error>, STS <ErrorResponse><Error>.
  const error = findChild(root?.name === "Response" ? findChild(root, "Errors") : root, "Error");
  const code = findChild(error, "Code")?.text;
  return code !== undefined && /^[A-Za-z][A-Za-z.]{0,99}$/.test(code) ? code : undefined;
}

/**
 * Sends a signed call and returns the answer's root element.
 * Throws `AWS_CALL_FAILED`, retryable when the same call may succeed later; and what the fetch throws.
 */
export async function callAws(call: AwsCall, credentials: AwsCredentials, now: Date, fetch: Fetch): Promise<XmlElement> {
  const body = call.parameters.map(([name, value]) => `${encodeQueryText(name)}=${encodeQueryText(value)}`).join("&");
  const signed: readonly Pair[] = [
    ["host", call.host],
    ["content-type", "application/x-www-form-urlencoded; charset=utf-8"],
    ["x-amz-date", formatAmzDate(now)],
    ...(credentials.sessionToken === undefined ? [] : [["x-amz-security-token", credentials.sessionToken.reveal()] as const]),
    ...(call.headers ?? []),
  ];
  const request = {
    method: "POST",
    path: "/",
    query: [],
    headers: signed,
    body,
    region: call.region,
    service: call.service,
    signedAt: now,
  };
  const headers = Object.fromEntries(signed.filter(([name]) => name !== "host"));
  const response = await fetch(`https://${call.host}/`, {
    method: "POST",
    headers: { ...headers, accept: "text/xml", authorization: formatAuthorization(request, credentials) },
    body,
  });
  const root = parseXml(await response.text());
  if (response.status === 200 && root !== undefined) return root;
  const code = findErrorCode(root) ?? `status ${response.status}`;
  const isTemporary = response.status >= 500 || response.status === 429 || /Throttl|LimitExceeded/.test(code);
  throw new CredentialError("AWS_CALL_FAILED", `${call.host} answered ${code}`, { retryable: isTemporary });
}
