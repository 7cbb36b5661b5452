import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import { awaitSocket, ConnectionClosedError } from "@kubepass/network";

const idleTimeoutMs = 90_000;
const pingAfterMs = 30_000;
const pingTimeoutMs = 15_000;
// What Go assumes of a server that does not say.
const assumedStreams = 100;

/** One HTTP/2 connection, and how many of its streams are in use. */
export class Http2Connection {
  readonly session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #health: NodeJS.Timeout;
  #idle: NodeJS.Timeout | undefined;
  #active = 0;
  #isRetired = false;
  #seenBytes = -1;

  private constructor(session: ClientHttp2Session, socket: Socket) {
    this.session = session;
    this.#socket = socket;
    this.#health = setInterval(() => this.#checkHealth(), pingAfterMs);
    this.#health.unref();
    session.on("error", () => {});
    session.once("close", () => {
      clearInterval(this.#health);
      clearTimeout(this.#idle);
    });
  }

  /** Speaks HTTP/2 on a socket that has agreed to it, and waits for the server's settings. */
  static async open(socket: Socket, origin: string, signal: AbortSignal): Promise<Http2Connection> {
    const session = connect(origin, { createConnection: () => socket, settings: { enablePush: false } });
    const connection = new Http2Connection(session, socket);
    await awaitSocket<void>(socket, signal, (resolve) => {
      const settled = (): void => resolve();
      session.once("remoteSettings", settled);
      return () => session.off("remoteSettings", settled);
    });
    // Not before: somebody waits for the settings.
    session.unref();
    return connection;
  }

  get isUsable(): boolean {
    return !this.#isRetired && !this.session.closed && !this.session.destroyed;
  }

  get hasRoom(): boolean {
    return this.isUsable && this.#active < (this.session.remoteSettings.maxConcurrentStreams ?? assumedStreams);
  }

  /** Counts a stream until the function that comes back is called. */
  occupy(): () => void {
    this.#active += 1;
    clearTimeout(this.#idle);
    // While somebody waits for an answer the process must not end.
    this.session.ref();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#active -= 1;
      if (this.#active === 0) this.#rest();
    };
  }

  /** Takes no more streams, and ends when those under way are over. */
  retire(): void {
    this.#isRetired = true;
    if (this.#active === 0) this.session.close();
  }

  /** Ends at once. */
  destroy(): void {
    // Without a reason its streams would end as if their answers were whole.
    this.session.destroy(new ConnectionClosedError("the connection was ended on purpose"), constants.NGHTTP2_CANCEL);
    this.#socket.destroy();
  }

  #rest(): void {
    if (this.session.destroyed) return;
    this.session.unref();
    if (this.#isRetired) return this.session.close();
    this.#idle = setTimeout(() => this.retire(), idleTimeoutMs);
    this.#idle.unref();
  }

  // A connection that a gateway has dropped stays silent for ever: asked after 30 s of silence, it has 15 s to answer.
  #checkHealth(): void {
    const { bytesRead } = this.#socket;
    if (bytesRead !== this.#seenBytes || this.#active === 0) {
      this.#seenBytes = bytesRead;
      return;
    }
    const timer = setTimeout(() => this.destroy(), pingTimeoutMs);
    timer.unref();
    this.session.ping(() => clearTimeout(timer));
  }
}
