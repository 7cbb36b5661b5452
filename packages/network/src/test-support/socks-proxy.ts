import type { Socket } from "node:net";
import { joinSockets, startTcpServer, type TestServer } from "./servers.ts";

/** How a SOCKS5 proxy of a test behaves. */
export interface SocksProxySettings {
  /** What it chooses: 0 is nothing, 2 user name and password (`anna` and `hunter2`), anything else a refusal. */
  readonly method?: number;
  /** What it answers to the request; 0 is a tunnel. */
  readonly reply?: number;
}

/** A SOCKS5 proxy that connects every request to one local port; `seen` has what clients said after their offer, in hex, and passwords. */
export async function startSocksProxy(port: number, settings: SocksProxySettings = {}): Promise<TestServer & { readonly seen: string[] }> {
  const seen: string[] = [];
  const { method = 0, reply = 0 } = settings;
  const accept = (socket: Socket): void => {
    const request = (bytes: Buffer): void => {
      seen.push(bytes.toString("hex"));
      if (reply !== 0) return void socket.end(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
      joinSockets(socket, port, () => {
        // In two pieces, as a network may deliver it.
        socket.write(Buffer.from([5, 0, 0, 1, 127]));
        setImmediate(() => socket.write(Buffer.from([0, 0, 1, 0, 80])));
      });
    };
    const login = (bytes: Buffer): void => {
      seen.push(bytes.toString("latin1"));
      const isRight = bytes.toString("latin1") === "\u0001\u0004anna\u0007hunter2";
      socket.write(Buffer.from([1, isRight ? 0 : 1]));
      if (isRight) socket.once("data", request);
    };
    socket.once("data", () => {
      socket.write(Buffer.from([5, method]));
      socket.once("data", method === 2 ? login : request);
    });
  };
  return { ...(await startTcpServer(accept)), seen };
}
