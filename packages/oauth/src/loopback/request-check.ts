/** The head of an HTTP request as it came over the wire. */
export interface RequestHead {
  readonly method: string;
  /** The request target, unparsed. */
  readonly target: string;
  /** Names and values in turn, duplicates included. */
  readonly rawHeaders: readonly string[];
}

/** What the loopback listener answers to. */
export interface ExpectedRequests {
  /** `host:port` in lower case, as browsers write it. */
  readonly authorities: readonly string[];
  /** Origins of the issuer's pages, which may post a form and may ask before reaching the private network. */
  readonly issuerOrigins: readonly string[];
  readonly callbackPath: string;
  readonly resultPath: string;
  /** The issuer was asked to answer by form post. */
  readonly isFormExpected: boolean;
}

/** What to do with a request. */
export type RequestJudgement =
  | { readonly kind: "forbidden"; readonly reason: string }
  | { readonly kind: "not-found" }
  | { readonly kind: "preflight"; readonly origin: string }
  | { readonly kind: "query"; readonly query: string }
  | { readonly kind: "form" }
  | { readonly kind: "result" };

/** An address and port as the authority of a URL. */
export function formatAuthority(host: string, port: number): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What a browser may write into Host for an address: the port that the scheme means is left out (RFC 9110 §4.2.3). */
export function listAuthorities(scheme: "http" | "https", host: string, port: number): readonly string[] {
  const authority = formatAuthority(host, port);
  return [...new Set([authority, new URL(`${scheme}://${authority}`).host])];
}

function findHeaders(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function findAuthorityProblem(head: RequestHead, expected: ExpectedRequests): string | undefined {
  if (!head.target.startsWith("/") || head.target.startsWith("//")) return "the request target is not a plain path";
  const [host, ...others] = findHeaders(head.rawHeaders, "host");
  if (host === undefined || others.length > 0) return "there is not exactly one Host";
  return expected.authorities.includes(host.toLowerCase()) ? undefined : "the Host is another one";
}

function findOriginProblem(origins: readonly string[], head: RequestHead, expected: ExpectedRequests): string | undefined {
  const [origin, ...others] = origins;
  if (origin === undefined) return undefined;
  if (others.length > 0) return "there is more than one Origin";
  // A form on a page with Referrer-Policy: no-referrer is posted with the origin `null`; its state still has to fit.
  const isForm = expected.isFormExpected && head.method === "POST" && origin === "null";
  return isForm || expected.issuerOrigins.includes(origin) ? undefined : "the Origin is a foreign one";
}

function judgeCallbackMethod(head: RequestHead, query: string, origin: string | undefined, expected: ExpectedRequests): RequestJudgement {
  if (head.method === "GET") return { kind: "query", query };
  if (head.method === "POST" && expected.isFormExpected) return { kind: "form" };
  if (head.method === "OPTIONS" && origin !== undefined) return { kind: "preflight", origin };
  return { kind: "not-found" };
}

/**
 * Decides about a request by its head alone. Host and Origin come before the path, so that a page which rebinds a
 * name to 127.0.0.1 learns nothing (RFC 8252 §8.3 warns of other local traffic); no answer names a secret.
 */
export function judgeRequest(head: RequestHead, expected: ExpectedRequests): RequestJudgement {
  const origins = findHeaders(head.rawHeaders, "origin");
  const reason = findAuthorityProblem(head, expected) ?? findOriginProblem(origins, head, expected);
  if (reason !== undefined) return { kind: "forbidden", reason };
  const queryStart = head.target.indexOf("?");
  const path = queryStart === -1 ? head.target : head.target.slice(0, queryStart);
  const query = queryStart === -1 ? "" : head.target.slice(queryStart + 1);
  if (path === expected.callbackPath) return judgeCallbackMethod(head, query, origins[0], expected);
  return path === expected.resultPath && head.method === "GET" ? { kind: "result" } : { kind: "not-found" };
}
