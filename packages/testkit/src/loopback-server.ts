import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { Server, Socket } from "node:net";
import { createServer as createTls, type TLSSocket } from "node:tls";
import type { CertificateAndKey } from "./certificate-authority.ts";

/** Answers one request. */
export type Responder = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Where and how to listen. */
export interface LoopbackServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** With a certificate the server speaks TLS. */
  readonly certificate?: CertificateAndKey | undefined;
  /** Asks clients for a certificate of this authority (PEM); none, or one of another, is accepted too. */
  readonly clientAuthorityPem?: string | undefined;
}

/** A server on 127.0.0.1. */
export interface LoopbackServer {
  readonly port: number;
  /** Such as `https://127.0.0.1:4711`. */
  readonly origin: string;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

const askForCertificate = { requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] };

/** HTTP over TLS sockets: those of Bun's https server do not tell the client's certificate. */
function feed(answer: (request: IncomingMessage, response: ServerResponse) => void): (socket: TLSSocket) => void {
  const http = createHttp(answer);
  return (socket) => {
    socket.on("error", () => {});
    http.emit("connection", socket);
  };
}

function createServer(options: LoopbackServerOptions, respond: Responder): Server {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void Promise.resolve(respond(request, response)).catch(() => response.destroy());
  };
  if (options.certificate === undefined) return createHttp(answer);
  const { certificatePem: cert, privateKeyPem: key } = options.certificate;
  const ca = options.clientAuthorityPem;
  const server = ca === undefined ? createHttps({ cert, key }, answer) : createTls({ cert, key, ca, ...askForCertificate }, feed(answer));
  // A client that trusts another authority hangs up: that is its right.
  server.on("tlsClientError", () => {});
  return server;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** Starts a server. Rejects when the port is taken. */
export async function startLoopbackServer(options: LoopbackServerOptions, respond: Responder): Promise<LoopbackServer> {
  const server = createServer(options, respond);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  const port = await listen(server, options.port ?? 0);
  return {
    port,
    origin: `${options.certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The body of a request. */
export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The body of a request as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString("utf8");
}

/** The body of a request as form fields. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(request));
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

/** Answers with a page. */
export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(html);
}
