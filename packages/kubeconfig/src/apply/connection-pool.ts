import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { CredentialError, isCredentialError } from "@kubepass/wire";
import {
  ConnectionClosedError,
  formatProxyAuthorization,
  isForwarded,
  openConnection,
  type Proxy,
  runWithDeadline,
} from "@kubepass/network";
import type { Schedule } from "../client-host.ts";
import { createSharedTask } from "../shared-task.ts";
import { Http1Agent } from "./http1-agent.ts";
import { Http2Connection } from "./http2-connection.ts";
import { type Http1Route, sendHttp1 } from "./send-http1.ts";
import { sendHttp2 } from "./send-http2.ts";
import type { TlsIdentity } from "./tls-identity.ts";
import { BrokenConnectionError, isRepeatable, isReplayable, type WireAnswer, type WireCall } from "./wire-call.ts";

/** Where a pool's connections lead. */
export interface PoolTarget {
  /** Only its scheme, host and port count. */
  readonly url: URL;
  readonly proxy: Proxy | undefined;
  readonly tls: TlsIdentity;
  readonly isHttp2Offered: boolean;
  readonly schedule: Schedule;
  /** Called before each connection: a plugin whose certificate it is made with has to have answered. What it throws, {@link ConnectionPool.connect} throws. */
  prepare(signal?: AbortSignal): Promise<void>;
}

const connectTimeoutMs = 30_000;
const refreshIntervalMs = 300_000;

function createUnreachableError(message: string, cause?: unknown): CredentialError {
  const hint = "check clusters[].cluster.server, the network and the proxy";
  return new CredentialError("CLUSTER_UNREACHABLE", message, { cause, retryable: true, hint });
}

/** What is told of a server that takes no connection in time. */
export function createConnectTimeoutError({ host }: URL): CredentialError {
  return createUnreachableError(`${host} did not take a connection within ${connectTimeoutMs / 1000} s`);
}

/** A failure of a connection in words for clients of clusters. */
export function toClusterError(error: unknown, url: URL): unknown {
  const cause = error instanceof BrokenConnectionError ? error.cause : error;
  if (isCredentialError(cause, "ISSUER_UNREACHABLE")) return createUnreachableError(cause.message, cause);
  if (isCredentialError(cause, "TLS_UNTRUSTED")) {
    const hint =
      cause.hint?.startsWith("if you trust") === true ? "check clusters[].cluster.certificate-authority in the kubeconfig" : cause.hint;
    return new CredentialError("TLS_UNTRUSTED", cause.message, { cause, retryable: true, hint });
  }
  if (isCredentialError(cause) || !(error instanceof BrokenConnectionError)) return cause;
  return createUnreachableError(`the connection to ${url.host} broke: ${error.message}`, cause);
}

// A connection that was kept may have been closed by the server just now; what never arrived can always be sent again.
function isWorthRepeating(call: WireCall, error: unknown, attempt: number): boolean {
  if (!(error instanceof BrokenConnectionError) || isCredentialError(error.cause)) return false;
  return error.isUnsent ? attempt < 2 && isReplayable(call) : attempt === 0 && isRepeatable(call);
}

/**
 * The connections to one server with one TLS identity, shared by all who have the same. The first connection tells whether the
 * server speaks HTTP/2; with it, requests share connections, and without it, each has one for itself.
 */
export class ConnectionPool {
  readonly #target: PoolTarget;
  readonly #agent: Http1Agent;
  readonly #route: Http1Route;
  readonly #openSession: (signal?: AbortSignal) => Promise<void>;
  readonly #sockets = new Set<Socket>();
  #sessions: readonly Http2Connection[] = [];
  #protocol: "unknown" | "http1" | "http2";
  #stopWatching: (() => void) | undefined;
  // Counts changes of identity and authority: a connection that was begun before is made as somebody else, or with a stranger.
  #generation = 0;
  #isClosed = false;

  constructor(target: PoolTarget) {
    this.#target = target;
    this.#protocol = target.url.protocol === "https:" && target.isHttp2Offered ? "unknown" : "http1";
    this.#agent = new Http1Agent(async () => await this.connect(["http/1.1"]), target.schedule);
    this.#route = this.#createRoute(this.#agent);
    this.#openSession = createSharedTask(async (signal) => await this.#learnProtocol(signal));
  }

  /** Sends a request and resolves with the head of the answer. Throws `CLUSTER_UNREACHABLE`, `TLS_UNTRUSTED`, `PROXY_FAILED`. */
  async send(call: WireCall): Promise<WireAnswer> {
    this.refresh();
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#sendOnce(call);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (!isWorthRepeating(call, error, attempt)) throw toClusterError(error, this.#target.url);
      }
    }
  }

  /** A connection of one's own, which {@link closeAll} ends as well. Throws as {@link send}, and what a plugin throws. */
  async connect(protocols: readonly string[], signal?: AbortSignal): Promise<Socket> {
    for (;;) {
      await this.#target.prepare(signal);
      const generation = this.#generation;
      const socket = await this.#open(protocols, signal);
      if (generation === this.#generation) return this.#track(socket);
      socket.destroy();
      if (this.#isClosed) throw new ConnectionClosedError("the connection was ended on purpose");
    }
  }

  async #open(protocols: readonly string[], signal: AbortSignal | undefined): Promise<Socket> {
    const { url, proxy, tls } = this.#target;
    const createError = (): CredentialError => createConnectTimeoutError(url);
    const settings = { forProxy: () => tls.forProxy(), forTarget: () => ({ ...tls.forTarget(), ALPNProtocols: [...protocols] }) };
    const open = async (inner: AbortSignal): Promise<Socket> => await openConnection(url, proxy, settings, inner);
    return await runWithDeadline(connectTimeoutMs, signal, createError, open);
  }

  #track(socket: Socket): Socket {
    this.#stopWatching ??= this.#watchFiles();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    return socket;
  }

  /** A route for one request that takes its connection away, such as an upgrade. */
  createLoneRoute(): Http1Route {
    return this.#createRoute(new Http1Agent(async () => await this.connect(["http/1.1"]), this.#target.schedule, { isKeptAlive: false }));
  }

  /** An agent for requests of other libraries, which insist on its scheme. */
  createAgent(protocol: string): Http1Agent {
    return new Http1Agent(async () => await this.connect(["http/1.1"]), this.#target.schedule, { protocol });
  }

  /** Looks at the files of the identity if it is time, and ends the connections of the old one. */
  refresh(): void {
    const change = this.#target.tls.refresh();
    if (change === "certificate") this.closeAll();
    if (change !== "authority") return;
    // A connection that is being opened was judged by the authority of before; here, unlike after a plugin's late answer, its
    // next try cannot bring about the same change again.
    this.#generation += 1;
    this.retire();
  }

  /** Ends every connection at once, with what is under way on it: they were made as somebody else. */
  closeAll(): void {
    const sessions = this.#sessions;
    this.#generation += 1;
    this.#forget();
    for (const session of sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends idle connections now, and busy ones when they are done. */
  retire(): void {
    const sessions = this.#sessions;
    this.#forget();
    for (const session of sessions) session.retire();
    this.#agent.retire();
  }

  /** Ends everything; the pool is not used any more. */
  close(): void {
    this.#isClosed = true;
    this.#stopWatching?.();
    this.closeAll();
  }

  #forget(): void {
    this.#sessions = [];
    if (this.#protocol === "http2") this.#protocol = "unknown";
  }

  #createRoute(agent: Http1Agent): Http1Route {
    const { url, proxy } = this.#target;
    const isWhole = proxy !== undefined && isForwarded(url, proxy);
    return {
      agent,
      host: url.host,
      formatTarget: (path) => (isWhole ? `${url.origin}${path}` : path),
      proxyAuthorization: isWhole ? formatProxyAuthorization(proxy) : undefined,
    };
  }

  async #sendOnce(call: WireCall): Promise<WireAnswer> {
    for (;;) {
      call.signal?.throwIfAborted();
      if (this.#protocol === "http1") return await sendHttp1(call, this.#route);
      const free = this.#sessions.find((session) => session.hasRoom);
      if (free !== undefined) return await sendHttp2(call, free.session, this.#target.url.host, free.occupy());
      await this.#openSession(call.signal);
    }
  }

  async #learnProtocol(signal: AbortSignal): Promise<void> {
    for (;;) {
      const generation = this.#generation;
      try {
        return await this.#openSessionOnce(signal);
      } catch (error) {
        // Ended while it was opened, for it was made as somebody else: the next one is not.
        if (signal.aborted || this.#isClosed || generation === this.#generation) throw error;
      }
    }
  }

  async #openSessionOnce(signal: AbortSignal): Promise<void> {
    const socket = await this.connect(["h2", "http/1.1"], signal);
    if (!(socket instanceof TLSSocket) || socket.alpnProtocol !== "h2") {
      this.#protocol = "http1";
      this.#agent.adopt(socket);
      return;
    }
    this.#protocol = "http2";
    const generation = this.#generation;
    const opened = await Http2Connection.open(socket, this.#target.url.origin, this.#target.schedule, signal);
    if (generation !== this.#generation) {
      opened.retire();
      throw new ConnectionClosedError("the connection was opened before a change");
    }
    this.#sessions = [...this.#sessions.filter((session) => session.isUsable), opened];
    opened.session.once("close", () => {
      this.#sessions = this.#sessions.filter((session) => session !== opened);
      // The next connection may lead to a server that speaks something else.
      if (this.#sessions.length === 0 && this.#protocol === "http2") this.#protocol = "unknown";
    });
  }

  // A watch may be the only request for hours, and must not outlive its certificate's replacement.
  #watchFiles(): () => void {
    return this.#target.schedule(refreshIntervalMs, () => {
      this.#stopWatching = this.#watchFiles();
      this.refresh();
    });
  }
}
