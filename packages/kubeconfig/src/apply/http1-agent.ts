import { Agent, type AgentOptions, type ClientRequest } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Schedule } from "../client-host.ts";

type OpenCallback = (error: Error | null, socket: Duplex) => void;

const idleTimeoutMs = 90_000;
// As in client-go.
const maxIdleConnections = 25;

// One cluster, one name: an agent serves a single address.
const agentOptions: AgentOptions = { keepAlive: true, maxFreeSockets: maxIdleConnections, timeout: idleTimeoutMs, keepAliveMsecs: 30_000 };

/** Keeps connections of HTTP/1.1 for the next request, and opens new ones the way it is told. */
export class Http1Agent extends Agent {
  readonly #open: () => Promise<Socket>;
  readonly #schedule: Schedule;
  readonly #sockets = new Set<Socket>();
  // What calls off the end of each idle connection.
  readonly #idle = new WeakMap<Duplex, () => void>();
  readonly #retired = new WeakSet<Duplex>();
  // Opened to learn what the server speaks, and not used yet.
  #spare: Socket | undefined;

  constructor(
    open: () => Promise<Socket>,
    schedule: Schedule,
    options: { readonly isKeptAlive?: boolean; readonly protocol?: string } = {},
  ) {
    super({ ...agentOptions, keepAlive: options.isKeptAlive ?? true });
    this.#open = open;
    this.#schedule = schedule;
    if (options.protocol !== undefined) Object.assign(this, { protocol: options.protocol });
  }

  /** Takes over a connection that is open already. */
  adopt(socket: Socket): void {
    this.#spare = socket;
    this.#track(socket);
    // Whoever it was opened for may have gone.
    socket.unref();
    this.#endWhenIdle(socket, idleTimeoutMs);
  }

  override createConnection(_options: object, callback?: OpenCallback): undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined && !spare.destroyed) {
      spare.ref();
      this.#idle.get(spare)?.();
      callback?.(null, spare);
      return undefined;
    }
    void this.#openFor(callback);
    return undefined;
  }

  // Node asks before it keeps a connection for the next request; false closes it.
  override keepSocketAlive(socket: Duplex): boolean {
    if (this.#retired.has(socket)) return false;
    const kept: unknown = super.keepSocketAlive(socket);
    if (kept === false) return false;
    // Node has found out how long the server waits; our clock counts.
    const waitMs = socket instanceof Socket ? socket.timeout : undefined;
    if (socket instanceof Socket) socket.setTimeout(0);
    this.#endWhenIdle(socket, waitMs || idleTimeoutMs);
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#idle.get(socket)?.();
    super.reuseSocket(socket, request);
  }

  /** Ends idle connections now, and busy ones when their request is over. */
  retire(): void {
    this.#spare?.destroy();
    this.#spare = undefined;
    for (const socket of this.#sockets) this.#retired.add(socket);
    for (const free of Object.values(this.freeSockets)) for (const socket of free ?? []) socket.destroy();
  }

  #endWhenIdle(socket: Duplex, delayMs: number): void {
    this.#idle.get(socket)?.();
    const end = (): void => {
      if (socket === this.#spare || this.#isFree(socket)) socket.destroy();
    };
    this.#idle.set(socket, this.#schedule(delayMs, end));
  }

  #isFree(socket: Duplex): boolean {
    return Object.values(this.freeSockets).some((sockets) => sockets?.some((each) => each === socket));
  }

  async #openFor(callback: OpenCallback | undefined): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#open();
    } catch (error) {
      // Node looks at the socket only where there is no error.
      return callback?.(error instanceof Error ? error : new Error(String(error)), new Duplex());
    }
    this.#track(socket);
    return callback?.(null, socket);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#idle.get(socket)?.();
    });
  }
}
