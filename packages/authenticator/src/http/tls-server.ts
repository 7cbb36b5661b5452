import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import { CredentialError } from "@kubepass/wire";
import { HttpConnection, type ConnectionLimits, type HeadHandler, type RequestHandler } from "./connection.ts";

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** The certificate of the server, and whose client certificates it takes; all PEM. */
export interface ServerTls {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Clients are asked for a certificate when there is one. */
  readonly clientAuthorityPem?: string | undefined;
}

/** Who is at the other end of a connection, as far as TLS can tell. */
export interface TlsPeer {
  /** The common name of a client certificate that the authority signed and that is valid; `undefined` without one. */
  readonly clientName: string | undefined;
}

/** What a server is made of. */
export interface TlsServerOptions {
  readonly tls: ServerTls;
  readonly limits: ConnectionLimits & { readonly maxConnections: number };
  readonly onHead: HeadHandler<TlsPeer>;
  readonly onRequest: RequestHandler<TlsPeer>;
  readonly onRefused: (status: number) => void;
  readonly onDefect: (error: unknown) => void;
}

const sweepMs = 250;
// For handshakes that had begun when the server stopped listening.
const lingerMs = 250;
const handshakeTimeoutMs = 10_000;

/** What Node makes a TLS context of. */
export function toContext({ certificatePem, privateKeyPem, clientAuthorityPem }: ServerTls): SecureContextOptions {
  return { cert: certificatePem, key: privateKeyPem, ca: clientAuthorityPem, minVersion: "TLSv1.2" };
}

function identifyPeer(socket: TLSSocket, isAsked: boolean): TlsPeer {
  // The chain, its time and its purpose were checked in the handshake.
  if (!isAsked || !socket.authorized) return { clientName: undefined };
  const subject: unknown = Reflect.get(socket.getPeerCertificate(false) ?? {}, "subject");
  const name: unknown = typeof subject === "object" && subject !== null ? Reflect.get(subject, "CN") : undefined;
  // Several names are no name.
  return { clientName: typeof name === "string" && name !== "" ? name : undefined };
}

/** An HTTPS server for one endpoint: HTTP/1.1 over TLS 1.2 or newer, whose certificates can be renewed while it runs. */
export class TlsServer {
  readonly #server: Server;
  readonly #onDefect: (error: unknown) => void;
  readonly #connections = new Set<HttpConnection<TlsPeer>>();
  #sweeper: NodeJS.Timeout | undefined;
  #isDraining = false;
  #clientAuthorityPem: string | undefined;
  /** Until when handshakes that began with the authority before may end. */
  #oldHandshakesUntilMs = 0;

  constructor(options: TlsServerOptions) {
    this.#onDefect = options.onDefect;
    this.#clientAuthorityPem = options.tls.clientAuthorityPem;
    // Without an authority of its own, Node would take certificates of any public one.
    const requestCert = options.tls.clientAuthorityPem !== undefined;
    const asked = { requestCert, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"], handshakeTimeout: handshakeTimeoutMs };
    this.#server = createServer({ ...toContext(options.tls), ...asked }, (socket) => this.#accept(socket, requestCert, options));
    this.#server.maxConnections = options.limits.maxConnections;
    // A handshake that fails is the client's affair.
    this.#server.on("tlsClientError", () => options.onRefused(0));
  }

  /** Listens; resolves to the port. Throws `SERVE_FAILED`. */
  async listen({ host, port }: ListenAddress): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(new CredentialError("SERVE_FAILED", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
      this.#server.once("error", fail);
      this.#server.listen(port, host, () => {
        this.#server.off("error", fail);
        this.#server.on("error", this.#onDefect);
        resolve();
      });
    });
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /**
   * For connections from now on; those that stand keep what they began with. When the authority of clients is another one, they end
   * after their next answer: the old authority may be one that is trusted no more. Throws what is wrong with the PEM texts.
   */
  renewCertificates(tls: ServerTls): void {
    this.#server.setSecureContext(toContext(tls));
    if (tls.clientAuthorityPem === this.#clientAuthorityPem) return;
    this.#clientAuthorityPem = tls.clientAuthorityPem;
    this.#oldHandshakesUntilMs = performance.now() + handshakeTimeoutMs;
    for (const connection of this.#connections) connection.drain(false);
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Answers what comes, and lets each connection go after its next answer. */
  beginDrain(): void {
    this.#isDraining = true;
    for (const connection of this.#connections) connection.drain(false);
  }

  /** Takes no more connections; resolves when every request that was begun is answered, or the time is over. */
  async close(timeoutMs: number): Promise<void> {
    this.beginDrain();
    this.#server.close();
    const [lingerUntilMs, deadlineMs] = [performance.now() + lingerMs, performance.now() + timeoutMs];
    await new Promise<void>((resolve) => {
      const look = (): void => {
        for (const connection of this.#connections) connection.drain(true);
        const isQuiet = this.#connections.size === 0 && performance.now() > lingerUntilMs;
        if (!isQuiet && performance.now() < deadlineMs) return;
        clearInterval(timer);
        resolve();
      };
      const timer = setInterval(look, 10);
      look();
    });
    clearInterval(this.#sweeper);
  }

  #accept(socket: TLSSocket, isAsked: boolean, options: TlsServerOptions): void {
    socket.setNoDelay(true);
    const { limits, onHead, onRequest, onRefused, onDefect } = options;
    const peer = identifyPeer(socket, isAsked);
    const connection = new HttpConnection(socket, { peer, limits, onHead, onRequest, onRefused, onDefect });
    this.#connections.add(connection);
    const mayBeOfOldAuthority = performance.now() < this.#oldHandshakesUntilMs;
    if (this.#isDraining || mayBeOfOldAuthority) connection.drain(false);
    // What breaks a connection is told by its end.
    socket.on("error", () => {});
    socket.on("close", () => this.#connections.delete(connection));
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const connection of this.#connections) connection.checkTime(nowMs);
  }
}
