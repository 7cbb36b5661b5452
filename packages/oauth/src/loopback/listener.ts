import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { Server, Socket } from "node:net";
import type { Clock, Log } from "@kubepass/plugin-sdk";
import { CredentialError, type Secret } from "@kubepass/wire";
import { bindLoopback, type ListenPlace } from "./bind.ts";
import { type CallbackJudgement, type ExpectedCallback, judgeCallback, parseCallback } from "./callback.ts";
import { readForm } from "./form-body.ts";
import { renderPage, type ResultPage } from "./pages.ts";
import { type ExpectedRequests, formatAuthority, judgeRequest, listAuthorities, type RequestJudgement } from "./request-check.ts";
import { sendEmpty, sendPage, sendRedirect } from "./respond.ts";

/** How the listener is reached, and what it waits for. */
export interface LoopbackOptions {
  readonly place: ListenPlace;
  /** The host of the redirect URL; ignored when {@link redirectUrl} is set. */
  readonly redirectHost: string;
  /** Where the browser is sent instead, such as the near end of a port-forward. */
  readonly redirectUrl?: string | undefined;
  readonly callbackPath: string;
  readonly issuerOrigins: readonly string[];
  readonly isFormExpected: boolean;
  /** Serves https with this certificate. */
  readonly tls?: { readonly certificatePem: string; readonly privateKeyPem: Secret } | undefined;
  readonly expected: ExpectedCallback;
  readonly limits?: LoopbackLimits | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** What one client may cost. */
export interface LoopbackLimits {
  readonly headBytes: number;
  readonly formBytes: number;
  /** For a request to arrive whole. */
  readonly requestMs: number;
  readonly connections: number;
}

/** How the sign-in ended, for the browser that brought the answer. */
export type SignInEnding = { readonly kind: "page"; readonly page: ResultPage } | { readonly kind: "redirect"; readonly url: string };

/** An authorization response that ends the sign-in. */
export type FinalAnswer = Exclude<CallbackJudgement, { readonly kind: "stray" }>;

/** A listener for the one answer of one sign-in. */
export interface LoopbackListener {
  /** What the issuer is told, byte for byte. */
  readonly redirectUri: string;
  /** The first answer with the right state. Never rejects, and never resolves when nobody comes. */
  readonly answer: Promise<FinalAnswer>;
  /** Tells the browser how it ended, waits until it knows (2 s at most), and closes the port. */
  finish(ending: SignInEnding, signal: AbortSignal): Promise<void>;
  /** Closes the port at once; a browser that waits is told on the way out. */
  close(ending: SignInEnding): void;
}

// Cookies of everything else on localhost come along, since cookies know no ports; codes of 4 KiB exist.
const defaultLimits: LoopbackLimits = { headBytes: 64 * 1024, formBytes: 64 * 1024, requestMs: 10_000, connections: 64 };
const pageFetchMs = 2000;

function createDeferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

class Listener implements LoopbackListener {
  readonly answer: Promise<FinalAnswer>;
  readonly #options: LoopbackOptions;
  readonly #limits: LoopbackLimits;
  readonly #sockets = new Set<Socket>();
  readonly #token = randomBytes(24).toString("base64url");
  readonly #answer = createDeferred<FinalAnswer>();
  readonly #told = createDeferred<void>();
  #servers: readonly Server[] = [];
  #requests: ExpectedRequests | undefined;
  #redirectUri = "";
  #isAnswered = false;
  #isClosed = false;
  #ending: SignInEnding | undefined;
  #waiting: http.ServerResponse | undefined;

  constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.answer = this.#answer.promise;
  }

  get redirectUri(): string {
    return this.#redirectUri;
  }

  async open(): Promise<void> {
    const { place, redirectHost, redirectUrl, callbackPath, tls } = this.#options;
    const { servers, port } = await bindLoopback(place, () => this.#createServer());
    this.#servers = servers;
    const scheme = tls === undefined ? "http" : "https";
    this.#redirectUri = redirectUrl ?? `${scheme}://${formatAuthority(redirectHost, port)}${callbackPath}`;
    const path = redirectUrl === undefined ? callbackPath : new URL(redirectUrl).pathname;
    // A port-forward may pass the Host on or replace it by its own far end.
    const bound = [...place.addresses, "localhost"].flatMap((address) => listAuthorities(scheme, address, port));
    this.#requests = {
      authorities: redirectUrl === undefined ? listAuthorities(scheme, redirectHost, port) : [new URL(redirectUrl).host, ...bound],
      issuerOrigins: this.#options.issuerOrigins,
      callbackPath: path,
      resultPath: `${path === "/" ? "" : path}/${this.#token}`,
      isFormExpected: this.#options.isFormExpected,
    };
  }

  async finish(ending: SignInEnding, signal: AbortSignal): Promise<void> {
    this.#tell(ending);
    if (this.#isAnswered) {
      const patience = new AbortController();
      const limit = this.#options.clock.sleep(pageFetchMs, AbortSignal.any([signal, patience.signal]));
      await Promise.race([this.#told.promise, limit.catch(() => undefined)]);
      patience.abort();
    }
    this.#closeSockets();
  }

  close(ending: SignInEnding): void {
    this.#tell(ending);
    this.#closeSockets();
  }

  #createServer(): Server {
    const { tls } = this.#options;
    const limits = {
      maxHeaderSize: this.#limits.headBytes,
      headersTimeout: this.#limits.requestMs,
      requestTimeout: this.#limits.requestMs,
      connectionsCheckingInterval: Math.min(1000, this.#limits.requestMs),
      keepAlive: false,
    };
    const answer = (request: http.IncomingMessage, response: http.ServerResponse): void => this.#onRequest(request, response);
    const server =
      tls === undefined
        ? http.createServer(limits, answer)
        : https.createServer({ ...limits, cert: tls.certificatePem, key: tls.privateKeyPem.reveal(), minVersion: "TLSv1.2" }, answer);
    server.maxConnections = this.#limits.connections;
    // Node drops header lines above its count without a word, and a second Host could be among them.
    server.maxHeadersCount = 0;
    server.on("connection", (socket: Socket) => {
      // Bun shows a connection only when its first bytes come, which may be after the end.
      if (this.#isClosed) return void socket.destroy();
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    });
    server.on("clientError", (_, socket) => socket.destroy());
    return server;
  }

  #onRequest(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.#isClosed) return void request.socket.destroy();
    const head = { method: request.method ?? "", target: request.url ?? "", rawHeaders: request.rawHeaders };
    const judgement: RequestJudgement = this.#requests === undefined ? { kind: "not-found" } : judgeRequest(head, this.#requests);
    this.#options.log.debug("loopback listener was asked", { method: head.method, judgement: judgement.kind });
    if (judgement.kind === "result") return this.#onResult(response);
    if (judgement.kind === "query") return this.#onCallback(judgement.query, response);
    if (judgement.kind !== "form") return this.#turnAway(judgement, response);
    readForm(request, this.#limits.formBytes).then(
      (form) => (form === undefined ? sendEmpty(response, 400) : this.#onCallback(form, response)),
      () => response.destroy(),
    );
  }

  #turnAway(judgement: Extract<RequestJudgement, { kind: "forbidden" | "not-found" | "preflight" }>, response: http.ServerResponse): void {
    if (judgement.kind === "not-found") return sendEmpty(response, 404);
    if (judgement.kind === "forbidden") {
      this.#options.log.info("loopback listener refused a request", { reason: judgement.reason });
      return sendEmpty(response, 403);
    }
    sendEmpty(response, 204, {
      "access-control-allow-origin": judgement.origin,
      "access-control-allow-methods": this.#options.isFormExpected ? "GET, POST" : "GET",
      "access-control-allow-private-network": "true",
    });
  }

  #onCallback(text: string, response: http.ServerResponse): void {
    const judgement = judgeCallback(parseCallback(text), this.#options.expected);
    if (judgement.kind === "stray") {
      this.#options.log.info("loopback listener ignored an answer of another sign-in", { reason: judgement.reason });
      return sendPage(response, 400, renderPage({ kind: "stray" }));
    }
    if (this.#isAnswered) return sendPage(response, 410, renderPage({ kind: "replayed" }));
    this.#isAnswered = true;
    this.#answer.resolve(judgement);
    // Leads the browser away from the address that holds code and state, before it is stored in its history.
    sendRedirect(response, this.#requests?.resultPath ?? "/");
  }

  #onResult(response: http.ServerResponse): void {
    if (!this.#isAnswered || this.#waiting !== undefined) return sendEmpty(response, 404);
    this.#waiting = response;
    response.once("close", () => this.#told.resolve());
    if (this.#ending !== undefined) this.#send(response, this.#ending);
  }

  #tell(ending: SignInEnding): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    if (this.#waiting !== undefined) this.#send(this.#waiting, ending);
  }

  #send(response: http.ServerResponse, ending: SignInEnding): void {
    if (ending.kind === "redirect") return sendRedirect(response, ending.url);
    sendPage(response, ending.page.kind === "signed-in" ? 200 : 400, renderPage(ending.page));
  }

  #closeSockets(): void {
    this.#isClosed = true;
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) {
      if (socket === this.#waiting?.socket) socket.destroySoon();
      else socket.destroy();
    }
  }
}

/**
 * Opens a listener on loopback addresses for the answer of one sign-in (RFC 8252 §7.3). It is open when this
 * resolves, so that the browser can be sent. Throws `PORT_UNAVAILABLE`; `CONFIG_INVALID` for a certificate or key
 * that cannot be used.
 */
export async function openLoopbackListener(options: LoopbackOptions): Promise<LoopbackListener> {
  const { tls } = options;
  if (tls !== undefined) checkTls(tls.certificatePem, tls.privateKeyPem);
  const listener = new Listener(options);
  await listener.open();
  return listener;
}

function checkTls(certificatePem: string, privateKey: Secret): void {
  try {
    if (new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKey.reveal()))) return;
  } catch {
    // The reason may quote the key.
  }
  throw new CredentialError("CONFIG_INVALID", "the certificate and key for the local https listener cannot be used together", {
    hint: "give a certificate and its own private key without a passphrase, both PEM",
  });
}
