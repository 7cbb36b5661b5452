import { constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { Readable } from "node:stream";
import { ConnectionClosedError } from "@kubepass/network";
import type { HeaderLine } from "../credentials/impersonation-headers.ts";
import { groupHeaders } from "./send-http1.ts";
import { BrokenConnectionError, findLength, reasonOf, sendBody, type WireAnswer, type WireCall } from "./wire-call.ts";

// RFC 9113 §8.2.2: they belong to a connection of HTTP/1.1.
const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

function formatHeaders(call: WireCall, authority: string): Record<string, string | string[]> {
  const lines = call.headers.flatMap(([name, value]): readonly HeaderLine[] => {
    const key = name.toLowerCase();
    return connectionHeaders.has(key) ? [] : [[key, value]];
  });
  const size = findLength(call.body);
  const length = size === undefined ? {} : { "content-length": String(size) };
  return { ":method": call.method, ":path": call.path, ":scheme": "https", ":authority": authority, ...groupHeaders(lines), ...length };
}

function listHeaders(headers: IncomingHttpHeaders): readonly HeaderLine[] {
  const lines: HeaderLine[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    if (Array.isArray(value)) for (const each of value) lines.push([name, each]);
    else lines.push([name, value]);
  }
  return lines;
}

function isUnsent(error: unknown, stream: ClientHttp2Stream): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION") return true;
  return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
}

/**
 * The body of an answer. Node ends a stream as if it were whole when the connection is lost; here it is whole only when the server
 * has ended it.
 */
function createBody(stream: ClientHttp2Stream, signal: AbortSignal | undefined): Readable {
  let isEnded = false;
  let isWhole = false;
  const body = new Readable({
    read: () => void stream.resume(),
    destroy: (error, callback) => {
      if (!isWhole && !stream.closed) stream.close(constants.NGHTTP2_CANCEL);
      callback(error);
    },
  });
  const finish = (): void => {
    isWhole = true;
    body.push(null);
  };
  // An abort may come before anybody reads.
  body.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    if (!body.push(chunk)) stream.pause();
  });
  stream.once("end", () => {
    isEnded = true;
    // A stream that is lost is destroyed first, and ended then.
    if (!stream.destroyed && stream.rstCode === constants.NGHTTP2_NO_ERROR) finish();
  });
  stream.once("close", () => {
    if (isWhole) return;
    if (isEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR) finish();
    else
      body.destroy(
        signal?.aborted === true ? reasonOf(signal) : new ConnectionClosedError("the connection was closed before the answer was complete"),
      );
  });
  return body;
}

/**
 * Sends a request as a stream of an HTTP/2 session and resolves with the head of the answer; `onEnd` is called when the stream is
 * over, however. Rejects with the signal's reason, what broke the body, or `BrokenConnectionError`.
 */
export function sendHttp2(call: WireCall, session: ClientHttp2Session, authority: string, onEnd: () => void): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const { signal } = call;
    if (signal?.aborted === true) {
      onEnd();
      return reject(signal.reason);
    }
    let isAnswered = false;
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(formatHeaders(call, authority), { endStream: call.body === undefined });
    } catch (error) {
      onEnd();
      return reject(new BrokenConnectionError(error, true));
    }
    const abort = (): void => {
      reject(signal?.reason);
      stream.close(constants.NGHTTP2_CANCEL);
      stream.destroy(reasonOf(signal));
    };
    signal?.addEventListener("abort", abort, { once: true });
    stream.on("error", (error) => reject(new BrokenConnectionError(error, isUnsent(error, stream))));
    stream.once("close", () => {
      signal?.removeEventListener("abort", abort);
      onEnd();
      if (!isAnswered) reject(new BrokenConnectionError(new Error("the stream was closed"), isUnsent(undefined, stream)));
    });
    stream.once("response", (headers) => {
      isAnswered = true;
      resolve({ status: Number(headers[":status"]), statusText: "", headers: listHeaders(headers), body: createBody(stream, signal) });
    });
    if (call.body !== undefined) sendBody(call.body, stream, reject);
  });
}
