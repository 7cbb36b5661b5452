import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTls, type TlsOptions, type TLSSocket } from "node:tls";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import type { TestCertificate } from "./certificates.ts";

/** Answers one request. */
export type Responder = (request: IncomingMessage, response: ServerResponse) => void;

/** A server of one test on a free port of 127.0.0.1. */
export interface TestServer {
  readonly origin: string;
  readonly port: number;
  /** Method and path of each request so far. */
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
  /** Leaves requests that ask for another protocol to the test. */
  readonly onUpgrade: (accept: (request: IncomingMessage, socket: Duplex) => void) => void;
}

async function listen(server: Server, requests: IncomingMessage[], scheme: string): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  onTestFinished(close);
  const onUpgrade: TestServer["onUpgrade"] = (accept) => void server.on("upgrade", accept);
  return { origin: `${scheme}://127.0.0.1:${port}`, port, requests, close, onUpgrade };
}

/** An HTTP server, or an HTTPS server when it gets a certificate. */
export async function startServer(responder: Responder, certificate?: TestCertificate): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const respond: Responder = (request, response) => {
    requests.push(request);
    responder(request, response);
  };
  if (certificate === undefined) return await listen(createHttp(respond), requests, "http");
  const server = createHttps({ cert: certificate.certificatePem, key: certificate.privateKeyPem }, respond);
  server.on("tlsClientError", () => {});
  return await listen(server, requests, "https");
}

/** A TCP server that leaves each connection to the test. */
export async function startTcpServer(accept: (socket: Socket) => void): Promise<TestServer> {
  return await listen(createTcp(accept), [], "tcp");
}

/** A TLS server that leaves each connection to the test. */
export async function startTlsServer(
  certificate: TestCertificate,
  options: TlsOptions,
  accept: (socket: TLSSocket) => void,
): Promise<TestServer> {
  const server = createTls({ cert: certificate.certificatePem, key: certificate.privateKeyPem, ...options }, (socket) => {
    socket.on("error", () => {});
    accept(socket);
  });
  server.on("tlsClientError", () => {});
  return await listen(server, [], "https");
}

/** Sends JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

/** Joins two sockets until one ends. */
export function joinSockets(left: Socket, port: number, onConnect: (right: Socket) => void): void {
  const right = connect(port, "127.0.0.1", () => {
    onConnect(right);
    left.pipe(right);
    right.pipe(left);
  });
  right.on("error", () => left.destroy());
  left.on("error", () => right.destroy());
  left.on("close", () => right.destroy());
  right.on("close", () => left.destroy());
}

/** How an HTTP proxy of a test behaves. */
export interface HttpProxySettings {
  readonly certificate?: TestCertificate;
  /** The `Proxy-Authorization` that it wants. */
  readonly authorization?: string;
  /** The status with which it refuses every CONNECT. */
  readonly status?: number;
}

/** An HTTP proxy that connects every CONNECT to one local port, whatever the target is. */
export async function startHttpProxy(port: number, settings: HttpProxySettings = {}): Promise<TestServer & { readonly targets: string[] }> {
  const targets: string[] = [];
  const { certificate } = settings;
  // Spoken by hand: runtimes differ in what their HTTP servers do with CONNECT.
  const accept = (socket: Socket): void => {
    socket.on("error", () => {});
    socket.once("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      const isAuthorized = settings.authorization === undefined || text.includes(`Proxy-Authorization: ${settings.authorization}\r\n`);
      const status = isAuthorized ? (settings.status ?? 200) : 407;
      targets.push(/^CONNECT (\S+) /.exec(text)?.[1] ?? text);
      if (status !== 200) return void socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
      joinSockets(socket, port, () => socket.write("HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n"));
    });
  };
  if (certificate === undefined) {
    const server = await startTcpServer(accept);
    return { ...server, origin: `http://127.0.0.1:${server.port}`, targets };
  }
  return { ...(await startTlsServer(certificate, {}, accept)), targets };
}
