import type { Socket } from "node:net";
import { type ChunkProgress, ChunkDecoder } from "./chunks.ts";
import { createFailure, formatAnswer, type HttpAnswer } from "./format-answer.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { type HeadProblem, isHeadProblem, judgeHead, parseHead, type RequestHead } from "./parse-head.ts";

/** One whole request. */
export interface HttpRequest {
  readonly head: RequestHead;
  readonly body: Buffer;
}

/** Answers a request, at once or later. What it throws becomes a 500. */
export type RequestHandler<P> = (request: HttpRequest, peer: P) => HttpAnswer | Promise<HttpAnswer>;

/** Answers a request by its head alone, before anything of its body is asked for or read; `undefined` lets it go on. */
export type HeadHandler<P> = (head: RequestHead, peer: P) => HttpAnswer | undefined;

/** What bounds a connection. */
export interface ConnectionLimits {
  readonly maxBodyBytes: number;
  /** From the first byte of a request to its last, and from an answer that waits to be taken until it is. */
  readonly requestTimeoutMs: number;
  /** Between two requests. Longer than clients keep idle connections, so that it is they who close. */
  readonly idleTimeoutMs: number;
}

/** What a connection works with. */
export interface ConnectionOptions<P> {
  readonly peer: P;
  readonly limits: ConnectionLimits;
  readonly onHead: HeadHandler<P>;
  readonly onRequest: RequestHandler<P>;
  /** Told of requests that did not get as far as the handler, and of defects of the handler. */
  readonly onRefused: (status: number) => void;
  readonly onDefect: (error: unknown) => void;
}

type Body = { readonly head: RequestHead; readonly decoder: ChunkDecoder | undefined };

const maxHeadBytes = 16 * 1024;
const freshMs = 1000;
const maxKeptHeads = 16;
const maxKeptHeadLength = 1024;
const headEnd = Buffer.from("\r\n\r\n");

/**
 * One connection that speaks HTTP/1.1: one request after the other, in order, each whole before it is answered.
 * Written by hand because Bun's node:https can neither renew certificates nor show the client's, and node:http
 * over node:tls takes more than twice the time (docs/decisions/0009-http-server.md).
 */
export class HttpConnection<P> {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions<P>;
  readonly #pending = new GrowingBytes();
  readonly #heads = new Map<string, RequestHead>();
  #body: Body | undefined;
  /** Whether a request is being answered. */
  #isBusy = false;
  /** Whether an answer waits for the client to take it. */
  #isBlocked = false;
  #isOver = false;
  #isAdvancing = false;
  #isDraining = false;
  #hasAnswered = false;
  readonly #openedMs = performance.now();
  #deadlineMs: number;

  constructor(socket: Socket, options: ConnectionOptions<P>) {
    this.#socket = socket;
    this.#options = options;
    this.#deadlineMs = performance.now() + options.limits.requestTimeoutMs;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#onDrain());
  }

  /** Whether a request is being read or answered. */
  get isActive(): boolean {
    return this.#isWaiting || this.#body !== undefined || this.#pending.length > 0;
  }

  /** Whether what comes next has to wait. */
  get #isWaiting(): boolean {
    return this.#isBusy || this.#isBlocked;
  }

  /** The next answer is the last. When `isFinal`, closes what waits for no answer; whoever has only just come may ask once. */
  drain(isFinal: boolean): void {
    this.#isDraining = true;
    const isFresh = !this.#hasAnswered && performance.now() < this.#openedMs + freshMs;
    if (isFinal && !this.isActive && !isFresh) this.#close();
  }

  /** Ends what takes too long. Called now and then with the time of `performance.now()`. */
  checkTime(nowMs: number): void {
    if (this.#isBusy || this.#isOver || nowMs < this.#deadlineMs) return;
    if (this.isActive && !this.#isBlocked) this.#refuse({ status: 408, message: "the request did not come in time" });
    else this.#close();
  }

  #take(bytes: Buffer): void {
    if (this.#isOver) return;
    if (!this.isActive) this.#deadlineMs = performance.now() + this.#options.limits.requestTimeoutMs;
    this.#pending.append(bytes);
    // Whoever sends ahead waits until it is its turn.
    if (this.#isWaiting && this.#pending.length > maxHeadBytes) this.#socket.pause();
    this.#advance();
  }

  /** Reads and answers as much as is there. Not recursive: of requests that are answered at once, many may come in one piece. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    let left = -1;
    while (!this.#isWaiting && !this.#isOver && this.#pending.length > 0 && this.#pending.length !== left) {
      left = this.#pending.length;
      if (this.#body !== undefined || this.#readHead()) this.#readBody();
    }
    this.#isAdvancing = false;
  }

  #readHead(): boolean {
    const { view } = this.#pending;
    const end = view.indexOf(headEnd);
    const isTooLong = (end === -1 ? view.length : end) > maxHeadBytes;
    if (isTooLong) return this.#refuse({ status: 431, message: "the head is too large" });
    if (end === -1) return false;
    const text = view.toString("latin1", 0, end);
    const head = this.#heads.get(text) ?? parseHead(text);
    if (isHeadProblem(head)) return this.#refuse(head);
    this.#pending.take(end + headEnd.length);
    const answer = this.#judge(head);
    if (answer !== undefined) return this.#answerLast(answer, head);
    const { maxBodyBytes } = this.#options.limits;
    const problem = judgeHead(head, maxBodyBytes);
    if (problem !== undefined) return this.#refuse(problem, head);
    if (head.expectsContinue) this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#remember(text, head);
    this.#body = { head, decoder: head.bodyLength === "chunked" ? new ChunkDecoder(maxBodyBytes) : undefined };
    return true;
  }

  /** A client's heads differ in the length of what follows, if at all, and the same text means the same. */
  #remember(text: string, head: RequestHead): void {
    if (text.length > maxKeptHeadLength || this.#heads.has(text)) return;
    if (this.#heads.size >= maxKeptHeads) this.#heads.clear();
    this.#heads.set(text, head);
  }

  #judge(head: RequestHead): HttpAnswer | undefined {
    try {
      return this.#options.onHead(head, this.#options.peer);
    } catch (error) {
      return this.#tellDefect(error);
    }
  }

  #readBody(): void {
    if (this.#body === undefined) return;
    const { head, decoder } = this.#body;
    const { bodyLength } = head;
    if (decoder !== undefined) {
      if (this.#pending.length > 0) this.#follow(head, decoder.push(this.#pending.take(this.#pending.length)));
      return;
    }
    if (bodyLength === "chunked" || this.#pending.length < bodyLength) return;
    const body = this.#pending.take(bodyLength);
    this.#answer({ head, body });
  }

  #follow(head: RequestHead, progress: ChunkProgress): void {
    if (progress.kind === "problem") this.#refuse(progress.problem);
    if (progress.kind !== "done") return;
    if (progress.rest.length > 0) this.#pending.append(progress.rest);
    this.#answer({ head, body: progress.body });
  }

  #answer(request: HttpRequest): void {
    this.#body = undefined;
    let answer: HttpAnswer | Promise<HttpAnswer>;
    try {
      answer = this.#options.onRequest(request, this.#options.peer);
    } catch (error) {
      answer = this.#tellDefect(error);
    }
    if (answer instanceof Promise) void this.#answerLater(answer, request.head);
    else this.#send(answer, request.head);
  }

  async #answerLater(promise: Promise<HttpAnswer>, head: RequestHead): Promise<void> {
    this.#isBusy = true;
    const answer = await promise.catch((error: unknown) => this.#tellDefect(error));
    this.#isBusy = false;
    this.#send(answer, head);
  }

  #tellDefect(error: unknown): HttpAnswer {
    this.#options.onDefect(error);
    return createFailure(500, "internal error");
  }

  #send(answer: HttpAnswer, head: RequestHead): void {
    this.#hasAnswered = true;
    if (this.#isOver) return;
    // Strangers do not keep a place that callers may need.
    const isLast = !head.isKeptAlive || this.#isDraining || answer.status === 401 || head.method === "HEAD";
    if (isLast) return void this.#answerLast(answer, head);
    this.#isBlocked = !this.#socket.write(formatAnswer(answer, { isKeptAlive: true, hasBody: true }));
    if (this.#isBlocked) this.#deadlineMs = performance.now() + this.#options.limits.requestTimeoutMs;
    else this.#awaitNext();
  }

  #awaitNext(): void {
    const { requestTimeoutMs, idleTimeoutMs } = this.#options.limits;
    this.#deadlineMs = performance.now() + (this.#pending.length > 0 ? requestTimeoutMs : idleTimeoutMs);
    this.#socket.resume();
    this.#advance();
  }

  #onDrain(): void {
    if (!this.#isBlocked || this.#isOver) return;
    this.#isBlocked = false;
    if (this.#isDraining) this.#close();
    else this.#awaitNext();
  }

  #answerLast(answer: HttpAnswer, head?: RequestHead): false {
    this.#socket.write(formatAnswer(answer, { isKeptAlive: false, hasBody: head?.method !== "HEAD" }));
    this.#close();
    return false;
  }

  /** Answers what cannot be understood, and hangs up: where the next request begins is not known any more. */
  #refuse({ status, message }: HeadProblem, head?: RequestHead): false {
    this.#options.onRefused(status);
    return this.#answerLast(createFailure(status, message), head);
  }

  #onEnd(): void {
    if (!this.#isWaiting) this.#close();
    else this.#isDraining = true;
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pending.clear();
    this.#heads.clear();
    this.#body = undefined;
    this.#socket.end();
    // Whoever does not hang up in turn is hung up on; what it still sends is not read.
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }
}
