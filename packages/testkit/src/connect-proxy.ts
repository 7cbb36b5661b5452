import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";

/** An HTTP proxy that makes tunnels to places of the test's choice. */
export interface ConnectProxy {
  readonly port: number;
  /** For `HTTPS_PROXY`. */
  readonly url: string;
  /** The `host:port` of each tunnel that was asked for. */
  readonly targets: readonly string[];
  close(): Promise<void>;
}

/** Where a tunnel leads: a port of 127.0.0.1, or nowhere. */
export type TunnelRoute = (host: string, port: number) => number | undefined;

function joinSockets(left: Socket, right: Socket): void {
  left.pipe(right);
  right.pipe(left);
  left.on("error", () => right.destroy());
  right.on("error", () => left.destroy());
  left.on("close", () => right.destroy());
  right.on("close", () => left.destroy());
}

/**
 * Starts a proxy on 127.0.0.1. A program that insists on a public host, told by `HTTPS_PROXY` to use this proxy and to
 * trust a test authority, then speaks to a server of the test and cannot tell.
 */
export async function startConnectProxy(route: TunnelRoute): Promise<ConnectProxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const target = request.url ?? "";
    targets.push(target);
    const [host = "", port = ""] = target.split(/:(?=\d+$)/);
    const place = route(host, Number(port));
    if (place === undefined) return void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    const far = connect(place, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) far.write(head);
      joinSockets(socket, far);
    });
    sockets.add(far);
    far.on("close", () => sockets.delete(far));
    far.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    targets,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
