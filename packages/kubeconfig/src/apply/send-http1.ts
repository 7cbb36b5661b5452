import { type Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from "node:http";
import type { HeaderLine } from "../credentials/impersonation-headers.ts";
import { BrokenConnectionError, findLength, reasonOf, sendBody, type WireAnswer, type WireCall } from "./wire-call.ts";

/** Over which agent, and as what, a request goes to a host. */
export interface Http1Route {
  readonly agent: Agent;
  /** The value of `Host`. */
  readonly host: string;
  /** A path, or a whole URL for a proxy that forwards. */
  formatTarget(path: string): string;
  /** For that proxy alone. */
  readonly proxyAuthorization: string | undefined;
}

/** Header lines as Node takes them: lines of one name as a list, which it writes as separate lines. */
export function groupHeaders(lines: readonly HeaderLine[]): Record<string, string | string[]> {
  const groups = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const [name, value] of lines) {
    const group = groups.get(name.toLowerCase());
    if (group === undefined) groups.set(name.toLowerCase(), { name, values: [value] });
    else group.values.push(value);
  }
  return Object.fromEntries([...groups.values()].map(({ name, values }) => [name, values.length === 1 ? (values[0] ?? "") : values]));
}

/** Header lines as they came. */
export function pairHeaders(raw: readonly string[]): readonly HeaderLine[] {
  const lines: HeaderLine[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) lines.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return lines;
}

/** A request over an agent, not yet sent. */
export function openRequest(call: WireCall, route: Http1Route): ClientRequest {
  const headers: OutgoingHttpHeaders = groupHeaders(call.headers);
  if (route.proxyAuthorization !== undefined) headers["proxy-authorization"] = route.proxyAuthorization;
  const length = findLength(call.body);
  if (length !== undefined) headers["content-length"] = length;
  return requestHttp({
    agent: route.agent,
    method: call.method,
    path: route.formatTarget(call.path),
    headers: { host: route.host, ...headers },
    host: "cluster",
  });
}

function createAnswer(incoming: IncomingMessage): WireAnswer {
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? "",
    headers: pairHeaders(incoming.rawHeaders),
    body: incoming,
  };
}

/**
 * Sends a request over HTTP/1.1 and resolves with the head of the answer. Rejects with the signal's reason, what broke the body, or
 * `BrokenConnectionError`. An abort after the head destroys the body with the signal's reason.
 */
export function sendHttp1(call: WireCall, route: Http1Route): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const { signal } = call;
    if (signal?.aborted === true) return reject(signal.reason);
    const request = openRequest(call, route);
    const abort = (): void => {
      reject(signal?.reason);
      incoming?.destroy(reasonOf(signal));
      request.destroy();
    };
    let incoming: IncomingMessage | undefined;
    signal?.addEventListener("abort", abort, { once: true });
    request.on("error", (error) => reject(new BrokenConnectionError(error, false)));
    request.once("close", () => {
      signal?.removeEventListener("abort", abort);
      reject(new BrokenConnectionError(new Error("the connection was closed"), false));
    });
    request.once("response", (response) => {
      incoming = response;
      // An abort may come before anybody reads.
      response.on("error", () => {});
      resolve(createAnswer(response));
    });
    sendBody(call.body, request, reject);
  });
}
