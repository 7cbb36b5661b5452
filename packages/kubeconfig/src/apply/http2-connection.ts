import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import { awaitSocket, ConnectionClosedError } from "@kubepass/network";
import type { Schedule } from "../client-host.ts";

const idleTimeoutMs = 90_000;
const pingAfterMs = 30_000;
const pingTimeoutMs = 15_000;
// What Go assumes of a server that does not say.
const assumedStreams = 100;

/** One HTTP/2 connection, and how many of its streams are in use. */
export class Http2Connection {
  readonly session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #schedule: Schedule;
  #stopListening = (): void => {};
  #stopIdling = (): void => {};
  #active = 0;
  #isRetired = false;

  private constructor(session: ClientHttp2Session, socket: Socket, schedule: Schedule) {
    this.session = session;
    this.#socket = socket;
    this.#schedule = schedule;
    session.on("error", () => {});
    session.once("close", () => {
      this.#stopListening();
      this.#stopIdling();
    });
  }

  /** Speaks HTTP/2 on a socket that has agreed to it, and waits for the server's settings. */
  static async open(socket: Socket, origin: string, schedule: Schedule, signal: AbortSignal): Promise<Http2Connection> {
    const session = connect(origin, { createConnection: () => socket, settings: { enablePush: false } });
    const connection = new Http2Connection(session, socket, schedule);
    await awaitSocket<void>(socket, signal, (resolve) => {
      const settled = (): void => resolve();
      session.once("remoteSettings", settled);
      return () => session.off("remoteSettings", settled);
    });
    connection.#listen();
    // Not before: somebody waits for the settings.
    connection.#rest();
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
    this.#stopIdling();
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
    this.#stopIdling = this.#schedule(idleTimeoutMs, () => this.retire());
  }

  // A connection that a gateway has dropped stays silent for ever: asked after 30 s of silence, it has 15 s to answer.
  #listen(): void {
    if (this.session.destroyed) return;
    const { bytesRead } = this.#socket;
    this.#stopListening = this.#schedule(pingAfterMs, () => (this.#socket.bytesRead === bytesRead ? this.#ping() : this.#listen()));
  }

  #ping(): void {
    if (this.session.destroyed) return;
    this.#stopListening = this.#schedule(pingTimeoutMs, () => this.destroy());
    this.session.ping((error) => {
      this.#stopListening();
      if (error === null) this.#listen();
    });
  }
}
