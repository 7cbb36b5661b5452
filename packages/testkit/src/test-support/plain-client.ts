import { createHash, randomBytes } from "node:crypto";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { onTestFinished } from "vitest";
import { readBody, readForm, sendPage, startLoopbackServer } from "../loopback-server.ts";

/** An answer with its body as text and, where it is JSON, as a value. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly json: ReturnType<JSON["parse"]>;
}

export interface CallOptions {
  readonly trustedPem?: string | undefined;
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly certificate?: { readonly certificatePem: string; readonly privateKeyPem: string };
}

/** One request. */
export async function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const text = options.form === undefined ? options.body : new URLSearchParams(options.form).toString();
  const headers = { ...(options.form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }), ...options.headers };
  const trust = { ca: options.trustedPem, cert: options.certificate?.certificatePem, key: options.certificate?.privateKeyPem };
  const method = options.method ?? (text === undefined ? "GET" : "POST");
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = url.startsWith("https:")
      ? requestHttps(url, { method, headers, agent: false, ...trust }, resolve)
      : requestHttp(url, { method, headers, agent: false }, resolve);
    request.on("error", reject);
    request.end(text);
  });
  const body = await readBody(response);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: body, json };
}

/** What a client prepared for a sign-in, and what came back to its redirect URL. */
export interface Asked {
  readonly verifier: string;
  readonly redirectUrl: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly authorizationUrl: string;
  readonly came: URLSearchParams[];
}

/** A loopback server that waits for the redirect, and the authorization URL that leads to it. */
export async function ask(issuerUrl: string, extra: Readonly<Record<string, string>> = {}): Promise<Asked> {
  const came: URLSearchParams[] = [];
  const server = await startLoopbackServer({}, async (request, response) => {
    came.push(request.method === "POST" ? await readForm(request) : new URL(request.url ?? "/", "http://x").searchParams);
    sendPage(response, 200, "<h1>Signed in</h1>");
  });
  onTestFinished(() => server.close());
  const verifier = randomBytes(32).toString("base64url");
  const redirectUrl = `${server.origin}/callback`;
  const parameters = {
    client_id: "kubepass",
    response_type: "code",
    redirect_uri: redirectUrl,
    scope: "openid offline_access email",
    state: "state-1",
    nonce: "nonce-1",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...extra,
  };
  return {
    verifier,
    redirectUrl,
    parameters,
    came,
    authorizationUrl: `${issuerUrl}/authorize?${new URLSearchParams(parameters).toString()}`,
  };
}
