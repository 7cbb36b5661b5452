import type { Fetch, NetworkHost } from "@kubepass/network";
import { CredentialError, type StsEndpoint } from "@kubepass/wire";
import { formatAmzDate, formatAuthorization, type Pair } from "@kubepass/wire/signing";
import type { AwsCredentials } from "../credentials.ts";
import { describeSkew, isTransient, type StsAnswer, type StsQuestion } from "./sts-answer.ts";

/** How STS is reached. */
export interface StsConnection {
  readonly endpoint: StsEndpoint;
  /** The origin that requests go to. */
  readonly url: string;
  readonly fetch: Fetch;
  readonly host: Pick<NetworkHost, "clock" | "log">;
}

const retryDelayMs = 400;
const formType = "application/x-www-form-urlencoded; charset=utf-8";

function signHeaders(connection: StsConnection, body: string, credentials: AwsCredentials): Record<string, string> {
  const signedAt = connection.host.clock.now();
  const { sessionToken } = credentials;
  const headers: Pair[] = [
    ["host", new URL(connection.url).host],
    ["content-type", formType],
    ["x-amz-date", formatAmzDate(signedAt)],
    ...(sessionToken === undefined ? [] : [["x-amz-security-token", sessionToken.reveal()] as const]),
  ];
  const request = { method: "POST", path: "/", query: [], headers, body, region: connection.endpoint.region, service: "sts", signedAt };
  const { host: _host, ...sent } = Object.fromEntries(headers);
  return { ...sent, authorization: formatAuthorization(request, credentials) };
}

async function sendOnce(
  connection: StsConnection,
  body: string,
  credentials: AwsCredentials | undefined,
  signal: AbortSignal,
): Promise<StsAnswer> {
  // STS answers in JSON where that is accepted; XML is the form that is documented.
  const accept = { accept: "text/xml" };
  const own = credentials === undefined ? { "content-type": formType } : signHeaders(connection, body, credentials);
  const response = await connection.fetch(`${connection.url}/`, { method: "POST", headers: { ...accept, ...own }, body, signal });
  const date = response.headers.get("date");
  const answer: StsAnswer = {
    status: response.status,
    text: await response.text(),
    serverTime: date === null ? undefined : new Date(date),
  };
  return answer;
}

/** Describes a question to STS for messages. */
export function describeQuestion(connection: StsConnection, what: string): StsQuestion {
  return { what, host: new URL(connection.url).host, now: connection.host.clock.now() };
}

/**
 * Asks STS one thing, once more when it is overloaded or broken. `credentials` sign the request; some requests carry
 * their own proof and are not signed. Throws what the network throws; the answer is for the caller to judge.
 */
export async function askSts(
  connection: StsConnection,
  parameters: readonly Pair[],
  credentials: AwsCredentials | undefined,
  signal: AbortSignal,
): Promise<StsAnswer> {
  const body = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString();
  let answer = await sendOnce(connection, body, credentials, signal);
  if (isTransient(answer)) {
    await connection.host.clock.sleep(retryDelayMs, signal);
    answer = await sendOnce(connection, body, credentials, signal);
  }
  const skew = describeSkew(answer.serverTime, connection.host.clock.now());
  if (skew !== undefined) connection.host.log.warn(`this machine's clock is ${skew}: AWS will refuse what is signed here`);
  if (answer.status >= 300 && answer.status < 400) {
    throw new CredentialError("RESPONSE_INVALID", `${new URL(connection.url).host} answered with a redirect, which is not followed`);
  }
  return answer;
}
