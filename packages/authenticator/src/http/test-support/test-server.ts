import { connect, type TLSSocket } from "node:tls";
import { type CertificateAuthority, type CertificateAndKey, createCertificateAuthority } from "@kubepass/testkit";
import type { HttpRequest } from "../connection.ts";
import { createFailure, type HttpAnswer } from "../format-answer.ts";
import { type TlsPeer, TlsServer } from "../tls-server.ts";

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly connection: string | undefined;
  readonly body: string;
}

/** A client that sends bytes as they are. */
export interface RawClient extends AsyncDisposable {
  readonly socket: TLSSocket;
  readonly closed: Promise<void>;
  send(bytes: string | Buffer): void;
  flushed(): Promise<void>;
  readAnswer(): Promise<RawAnswer>;
}

/** A server that says what it was sent, and the records of it. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly authority: CertificateAuthority;
  readonly requests: HttpRequest[];
  readonly refused: number[];
  readonly defects: unknown[];
  connect(certificate?: CertificateAndKey): Promise<RawClient>;
  /** Open connections. */
  connections(): number;
  renew(certificate: CertificateAndKey, clientAuthorityPem?: string): void;
  /** Resolves when a request with the body `wait` is being answered. */
  waiting(): Promise<void>;
  /** Lets it be answered. */
  release(): void;
  close(): Promise<void>;
}

const largeAnswer = 256 * 1024;

function takeAnswer(text: string): { readonly answer: RawAnswer; readonly rest: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? "0");
  const bytes = Buffer.from(text.slice(end + 4), "latin1");
  if (bytes.length < length) return undefined;
  const status = Number(head.slice(9, 12));
  const connection = /^connection: (\S+)/im.exec(head)?.[1];
  return { answer: { status, connection, body: bytes.subarray(0, length).toString() }, rest: bytes.subarray(length).toString("latin1") };
}

function createClient(socket: TLSSocket): RawClient {
  let text = "";
  let wake: () => void = () => {};
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    wake();
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      resolve();
      wake();
    });
  });
  return {
    socket,
    closed,
    send: (bytes) => void socket.write(bytes),
    flushed: async () => await new Promise<void>((resolve) => void socket.write("", () => resolve())),
    async readAnswer() {
      for (;;) {
        const taken = takeAnswer(text);
        if (taken !== undefined) {
          text = taken.rest;
          return taken.answer;
        }
        if (socket.destroyed) throw new Error(`the connection ended after ${JSON.stringify(text)}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

async function openClient(port: number, authority: CertificateAuthority, certificate: CertificateAndKey | undefined): Promise<RawClient> {
  const own = certificate === undefined ? {} : { cert: certificate.certificatePem, key: certificate.privateKeyPem };
  return await new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", ca: authority.certificatePem, ...own });
    socket.once("error", reject);
    socket.once("secureConnect", () => resolve(createClient(socket)));
  });
}

function judgeTestHead({ path }: { readonly path: string }): HttpAnswer | undefined {
  if (path === "/defect") throw new Error("hunter2");
  return path === "/stranger" ? createFailure(401, "the caller is not known") : undefined;
}

/**
 * Opens a server on loopback whose handler echoes bodies. Bodies of up to 4096 bytes are taken; some have a meaning: `who`, `wait`,
 * `defect`, `stranger` (401), `large` (256 KiB). `/stranger` and `/defect` are judged by their head.
 */
export async function openTestServer(
  limits: { readonly requestTimeoutMs?: number; readonly idleTimeoutMs?: number } = {},
): Promise<TestServer> {
  const authority = await createCertificateAuthority();
  const toTls = ({ certificatePem, privateKeyPem }: CertificateAndKey, clientAuthorityPem = authority.certificatePem) => ({
    certificatePem,
    privateKeyPem,
    clientAuthorityPem,
  });
  const records = { requests: [] as HttpRequest[], refused: [] as number[], defects: [] as unknown[] };
  let onWaiting: () => void = () => {};
  let release: () => void = () => {};
  const waiting = new Promise<void>((resolve) => (onWaiting = resolve));
  const held = new Promise<void>((resolve) => (release = resolve));
  const answer = async (request: HttpRequest, peer: TlsPeer) => {
    records.requests.push(request);
    const text = request.body.toString();
    if (text === "stranger") return { status: 401, body: "{}" };
    if (text === "large") return { status: 200, body: JSON.stringify("x".repeat(largeAnswer)) };
    if (text === "defect") throw new Error("hunter2");
    if (text === "wait") {
      onWaiting();
      await held;
    }
    return { status: 200, body: JSON.stringify(text === "who" ? { peer: peer.clientName ?? null } : { echo: text }) };
  };
  const server = new TlsServer({
    tls: toTls(await authority.issueServer()),
    limits: { maxBodyBytes: 4096, requestTimeoutMs: 20_000, idleTimeoutMs: 20_000, maxConnections: 100, ...limits },
    onHead: judgeTestHead,
    onRequest: answer,
    onRefused: (status) => records.refused.push(status),
    onDefect: (error) => records.defects.push(error),
  });
  const port = await server.listen({ host: "127.0.0.1", port: 0 });
  const close = async (): Promise<void> => await server.close(5000);
  return {
    ...records,
    port,
    authority,
    connect: async (certificate) => await openClient(port, authority, certificate),
    connections: () => server.connections,
    renew: (certificate, clientAuthorityPem) => server.renewCertificates(toTls(certificate, clientAuthorityPem)),
    waiting: async () => await waiting,
    release: () => release(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
