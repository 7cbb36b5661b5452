import { Agent } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

type OpenCallback = (error: Error | null, socket: Duplex) => void;

const idleTimeoutMs = 20_000;
const maxIdleConnections = 32;

/** Connections to one server that are kept for the next request, and opened the way it is told. */
export class KeptConnections extends Agent {
  readonly #open: () => Promise<Socket>;
  readonly #used = new WeakSet<object>();

  constructor(open: () => Promise<Socket>) {
    super({ keepAlive: true, maxFreeSockets: maxIdleConnections, timeout: idleTimeoutMs });
    this.#open = open;
  }

  override createConnection(_options: object, callback?: OpenCallback): undefined {
    void this.#openFor(callback);
    return undefined;
  }

  /** Notes that a connection is used, and tells whether it was before. */
  markUse(socket: object): boolean {
    const isUsed = this.#used.has(socket);
    this.#used.add(socket);
    return isUsed;
  }

  async #openFor(callback: OpenCallback | undefined): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#open();
    } catch (error) {
      // Node looks at the socket only where there is no error.
      return callback?.(error instanceof Error ? error : new Error(String(error)), new Duplex());
    }
    socket.on("error", () => {});
    return callback?.(null, socket);
  }
}
