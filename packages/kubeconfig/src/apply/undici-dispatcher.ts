import { Readable } from "node:stream";
import { CredentialError } from "@kubepass/wire";
import type { HeaderLine } from "../credentials/impersonation-headers.ts";
import type { Cluster } from "./cluster.ts";
import type { ParsedRequest } from "./fetch-request.ts";
import { groupHeaders } from "./send-http1.ts";
import { type CallBody, discardBody, type WireAnswer } from "./wire-call.ts";

/** The request of undici's `Dispatcher.dispatch`, as far as it is read. */
export interface DispatchOptions {
  readonly origin?: string | URL | undefined;
  readonly path: string;
  readonly method: string;
  readonly headers?: unknown;
  readonly body?: unknown;
}

/** What an undici handler may do with a request under way. */
export interface DispatchController {
  readonly aborted: boolean;
  readonly paused: boolean;
  readonly reason: Error | null;
  /** Names and values in turns, each in latin1. */
  readonly rawHeaders: readonly Buffer[];
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** The callbacks of an undici handler (undici 8). */
export interface DispatchHandler {
  onRequestStart?(controller: DispatchController, context: unknown): void;
  onResponseStart?(controller: DispatchController, status: number, headers: Record<string, string | string[]>, statusText: string): void;
  onResponseData?(controller: DispatchController, chunk: Buffer): void;
  onResponseEnd?(controller: DispatchController, trailers: Record<string, string>): void;
  onResponseError?(controller: DispatchController, error: Error): void;
}

function listPairs(headers: unknown): readonly HeaderLine[] {
  if (typeof headers !== "object" || headers === null) return [];
  if (Array.isArray(headers)) {
    const flat: readonly unknown[] = headers;
    return flat.flatMap((name, at): readonly HeaderLine[] => (at % 2 === 0 ? [[String(name), String(flat[at + 1])]] : []));
  }
  return Object.entries(headers).flatMap(([name, value]): readonly HeaderLine[] => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((each) => [name, String(each)] as const);
  });
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

function parseBody(body: unknown): CallBody {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array || body instanceof Readable) return body;
  if (isIterable(body)) return Readable.from(body);
  throw new CredentialError("CONFIG_INVALID", "the request has a body of a kind that is not known");
}

class Flow implements DispatchController {
  readonly #abort = new AbortController();
  #body: Readable | undefined;
  #rawHeaders: readonly Buffer[] = [];
  paused = false;

  get aborted(): boolean {
    return this.#abort.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get reason(): Error | null {
    const reason: unknown = this.#abort.signal.reason;
    return reason instanceof Error ? reason : null;
  }

  get rawHeaders(): readonly Buffer[] {
    return this.#rawHeaders;
  }

  abort(reason: Error): void {
    this.#abort.abort(reason);
    this.#body?.destroy(reason);
  }

  pause(): void {
    this.paused = true;
    this.#body?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#body?.resume();
  }

  /** Hands an answer to the handler as it comes. */
  pass(answer: WireAnswer, handler: DispatchHandler): void {
    this.#rawHeaders = answer.headers.flat().map((text) => Buffer.from(text, "latin1"));
    this.#body = answer.body;
    handler.onResponseStart?.(
      this,
      answer.status,
      groupHeaders(answer.headers.map(([name, value]) => [name.toLowerCase(), value])),
      answer.statusText,
    );
    answer.body.on("data", (chunk: Buffer) => handler.onResponseData?.(this, chunk));
    answer.body.once("end", () => handler.onResponseEnd?.(this, {}));
    answer.body.once("error", (error) => handler.onResponseError?.(this, error));
    if (this.paused) answer.body.pause();
  }
}

/** A dispatcher for undici's `fetch` and `request` whose requests go over a cluster's own connections, authenticated. */
export class UndiciDispatcher {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Sends one request; what becomes of it is told to the handler. */
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    const flow = new Flow();
    handler.onRequestStart?.(flow, {});
    const fail = (error: unknown): void => handler.onResponseError?.(flow, error instanceof Error ? error : new Error(String(error)));
    this.#send(options, flow)
      .then((answer) => flow.pass(answer, handler), fail)
      .catch(fail);
    return true;
  }

  async #send(options: DispatchOptions, flow: Flow): Promise<WireAnswer> {
    let request: ParsedRequest;
    try {
      request = this.#parse(options, flow);
    } catch (error) {
      discardBody(options.body);
      throw error;
    }
    return await this.#cluster.send(request);
  }

  #parse(options: DispatchOptions, flow: Flow): ParsedRequest {
    const { origin, path, method } = options;
    if (origin !== undefined && new URL(String(origin)).origin !== this.#cluster.url.origin) {
      throw new CredentialError(
        "POLICY_REFUSED",
        `a request to ${String(origin)} is not sent with the credentials of ${this.#cluster.url.origin}`,
      );
    }
    return {
      url: new URL(path, this.#cluster.url),
      method,
      headers: listPairs(options.headers),
      body: parseBody(options.body),
      redirect: "manual",
      signal: flow.signal,
    };
  }
}
