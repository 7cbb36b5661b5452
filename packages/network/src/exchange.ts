import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import type { Socket } from "node:net";
import { CredentialError } from "@kubepass/wire";
import { ConnectionClosedError } from "./await-socket.ts";
import { KeptConnections } from "./kept-connections.ts";
import { createNetworkError } from "./network-failure.ts";

/** One request as it goes on the wire. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  /** A path, or a whole URL for a proxy that forwards. */
  readonly requestTarget: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly maxResponseBytes: number;
}

// Node's own default, said here because it is a promise.
const maxHeaderBytes = 16 * 1024;
const emptyStatuses: ReadonlySet<number> = new Set([204, 205, 304]);

function createResponse(answer: IncomingMessage, body: Buffer, host: string): Response {
  const headers = new Headers();
  try {
    for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2)
      headers.append(answer.rawHeaders[at] ?? "", answer.rawHeaders[at + 1] ?? "");
    const status = answer.statusCode ?? 0;
    return new Response(emptyStatuses.has(status) ? null : new Uint8Array(body), { status, headers });
  } catch (error) {
    throw new CredentialError("RESPONSE_INVALID", `${host} answered with a status or headers that are not HTTP`, { cause: error });
  }
}

function failureOf(error: unknown, request: WireRequest): Error {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "HPE_HEADER_OVERFLOW") {
    return new CredentialError("RESPONSE_INVALID", `${request.url.host} answered with more than ${maxHeaderBytes} bytes of headers`, {
      cause: error,
    });
  }
  if (typeof code === "string" && code.startsWith("HPE_")) {
    return new CredentialError("RESPONSE_INVALID", `${request.url.host} does not answer in HTTP`, { cause: error });
  }
  return createNetworkError(error, request.url.host);
}

function readBody(answer: IncomingMessage, request: WireRequest, resolve: (body: Buffer) => void, reject: (error: unknown) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  answer.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= request.maxResponseBytes) chunks.push(chunk);
    else reject(new CredentialError("RESPONSE_INVALID", `${request.url.host} answered with more than ${request.maxResponseBytes} bytes`));
  });
  answer.on("end", () => {
    if (answer.complete) resolve(Buffer.concat(chunks));
    else reject(new ConnectionClosedError("the answer is incomplete"));
  });
  answer.on("error", reject);
  answer.on("aborted", () => reject(new ConnectionClosedError("the answer is incomplete")));
}

function openRequest(connection: Socket | KeptConnections, request: WireRequest): ClientRequest {
  return requestHttp({
    ...(connection instanceof KeptConnections ? { agent: connection } : { createConnection: () => connection }),
    method: request.method,
    path: request.requestTarget,
    headers: request.headers,
    host: request.url.hostname,
    setHost: false,
    maxHeaderSize: maxHeaderBytes,
  });
}

/** A connection that was kept had been closed meanwhile: the request may be sent again over another one. */
export class StaleConnectionError extends Error {
  override readonly name = "StaleConnectionError";
}

/**
 * Sends one request over a connection, reads the answer, and closes the connection, unless it is one of those that are kept.
 * Redirects are answers like others. Throws `ISSUER_UNREACHABLE`, `RESPONSE_INVALID` for an answer that is too large or not HTTP; the
 * signal's reason when it aborts; {@link StaleConnectionError}.
 */
export function exchange(connection: Socket | KeptConnections, request: WireRequest, signal: AbortSignal): Promise<Response> {
  return new Promise<Response>((resolve, reject) => {
    const kept = connection instanceof KeptConnections ? connection : undefined;
    const single = connection instanceof KeptConnections ? undefined : connection;
    const outgoing = openRequest(connection, request);
    const abort = (): void => fail(signal.reason);
    let isOver = false;
    let isReused = false;
    let isAnswered = false;
    outgoing.on("socket", (socket) => void (isReused = kept?.markUse(socket) ?? false));
    const finish = (isWhole: boolean): void => {
      isOver = true;
      signal.removeEventListener("abort", abort);
      outgoing.on("error", () => {});
      if (isWhole && kept !== undefined) return;
      single?.on("error", () => {});
      outgoing.destroy();
      // Nothing may keep the process alive after the answer.
      single?.destroy();
    };
    const fail = (error: unknown): void => {
      if (isOver) return;
      finish(false);
      if (signal.aborted) reject(signal.reason);
      else if (isReused && !isAnswered) reject(new StaleConnectionError("the connection was closed meanwhile", { cause: error }));
      else reject(failureOf(error, request));
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) return abort();
    outgoing.on("error", fail);
    outgoing.on("close", () => fail(new ConnectionClosedError("the connection was closed")));
    outgoing.on("response", (answer) => {
      isAnswered = true;
      const accept = (body: Buffer): void => {
        if (isOver) return;
        finish(true);
        try {
          resolve(createResponse(answer, body, request.url.host));
        } catch (error) {
          reject(error);
        }
      };
      readBody(answer, request, accept, fail);
    });
    outgoing.end(request.body);
  });
}
