import { finished, Readable, type Writable } from "node:stream";
import type { HeaderLine } from "../credentials/impersonation-headers.ts";

/** A body that can be read as often as it is wanted, such as that of a file. */
export class RepeatableBody {
  readonly open: () => Readable;
  readonly length: number;

  constructor(open: () => Readable, length: number) {
    this.open = open;
    this.length = length;
  }
}

/** A request body: a stream can be sent only once, everything else again. */
export type CallBody = Uint8Array | RepeatableBody | Readable | undefined;

/** One request as it goes to the server, but for what HTTP/1.1 and HTTP/2 say differently. */
export interface WireCall {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Lines of one name are sent as separate lines. */
  readonly headers: readonly HeaderLine[];
  readonly body: CallBody;
  readonly signal: AbortSignal | undefined;
}

/** The head of an answer, and its body as it comes. */
export interface WireAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly HeaderLine[];
  readonly body: Readable;
}

// Methods that mean the same when they arrive twice (RFC 9110 §9.2.2), of which Go resends these.
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** True when a request that may have arrived may be sent again. */
export function isRepeatable(call: WireCall): boolean {
  return repeatable.has(call.method) && isReplayable(call);
}

/** True when the body can be sent a second time. */
export function isReplayable(call: WireCall): boolean {
  return !(call.body instanceof Readable);
}

/** How many bytes a body has, where that is known before it is read. */
export function findLength(body: CallBody): number | undefined {
  return body instanceof Readable ? undefined : body?.length;
}

/**
 * Sends a body. A stream ends with the request, however that ends; `onFailure` is told why when it ends before, and the request is
 * destroyed with that.
 */
export function sendBody(body: CallBody, request: Writable, onFailure: (reason: Error) => void): void {
  if (body === undefined || body instanceof Uint8Array) return void request.end(body);
  const stream = body instanceof Readable ? body : body.open();
  finished(stream, { writable: false }, (error) => {
    if (error === undefined || error === null) return;
    const isEarly = Reflect.get(error, "code") === "ERR_STREAM_PREMATURE_CLOSE";
    const reason = isEarly ? new Error("the body of the request was destroyed before its end") : error;
    onFailure(reason);
    request.destroy(reason);
  });
  request.once("close", () => stream.destroy());
  stream.pipe(request);
}

/** Lets a body go that is not sent, whatever a caller gave as one. */
export function discardBody(body: unknown): void {
  if (body instanceof Readable) body.destroy();
  // Who has locked it reads it, and lets it go.
  else if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => {});
}

/** A connection that broke before the answer began; `isUnsent` when the server certainly did nothing with the request. */
export class BrokenConnectionError extends Error {
  readonly isUnsent: boolean;

  constructor(cause: unknown, isUnsent: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.isUnsent = isUnsent;
  }
}

/** Why a signal was aborted, as the error that a stream is destroyed with. */
export function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
