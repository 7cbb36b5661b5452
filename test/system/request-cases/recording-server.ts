import { createSecureServer, type Http2SecureServer } from "node:http2";
import { TLSSocket } from "node:tls";
import { readFileSync } from "node:fs";
import type { CertificateFiles } from "../test-support/certificates.ts";

/** What one request brought that says who is asking. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  /** Impersonation lines, in order of their names. */
  readonly impersonation: readonly string[];
  /** The subject's common name of the client certificate; empty without one. */
  readonly certificate: string;
  readonly body: string;
}

/** An API server that answers as a case says, and notes what came. Each client has a path of its own. */
export interface RecordingServer {
  readonly origin: string;
  /** Statuses of the next answers to a client, and then 200. */
  expect(client: string, statuses: readonly number[]): void;
  requests(client: string): readonly RecordedRequest[];
  close(): Promise<void>;
}

/** As whom the server listens, and whether it wants to know who the client is. */
export interface RecordingServerSettings {
  readonly server: CertificateFiles;
  readonly authority: CertificateFiles;
  readonly isCertificateAsked: boolean;
}

interface Conversation {
  readonly statuses: number[];
  readonly requests: RecordedRequest[];
}

function listImpersonation(raw: readonly string[]): readonly string[] {
  const lines = raw.flatMap((value, at) =>
    at % 2 === 1 && /^impersonate-/i.test(raw[at - 1] ?? "") ? [`${raw[at - 1]?.toLowerCase()}: ${value}`] : [],
  );
  return lines.toSorted();
}

function commonNameOf(socket: unknown): string {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return /CN=(.*)/.exec(certificate?.subject ?? "")?.[1] ?? "";
}

function createServer(settings: RecordingServerSettings, conversations: Map<string, Conversation>): Http2SecureServer {
  const { server, authority, isCertificateAsked } = settings;
  const options = { cert: readFileSync(server.certificate), key: readFileSync(server.key), ca: readFileSync(authority.certificate) };
  return createSecureServer(
    { ...options, requestCert: isCertificateAsked, rejectUnauthorized: false, allowHTTP1: true },
    (request, response) => {
      const path = request.url;
      const conversation = conversations.get(path.split("/")[1] ?? "");
      const certificate = commonNameOf(
        "stream" in request && request.httpVersionMajor === 2 ? request.stream.session?.socket : request.socket,
      );
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        const authorization = request.headers.authorization ?? "";
        const impersonation = listImpersonation(request.rawHeaders);
        conversation?.requests.push({
          method: request.method,
          path: path.replace(/^\/[^/]*/, ""),
          authorization,
          impersonation,
          certificate,
          body,
        });
        response.writeHead(conversation?.statuses.shift() ?? 200, { "content-type": "application/json" });
        response.end("{}");
        // Who asks so gets a new connection for the next request.
        if (path.endsWith("?close") && "stream" in request) request.stream.session?.close();
      });
    },
  );
}

/** Starts the server on a free port of 127.0.0.1. It takes whatever certificate comes. */
export async function startRecordingServer(settings: RecordingServerSettings): Promise<RecordingServer> {
  const conversations = new Map<string, Conversation>();
  const listening = createServer(settings, conversations);
  const sockets = new Set<TLSSocket>();
  listening.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  listening.on("sessionError", () => undefined);
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const address = listening.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `https://127.0.0.1:${port}`,
    expect: (client, statuses) => void conversations.set(client, { statuses: [...statuses], requests: [] }),
    requests: (client) => conversations.get(client)?.requests ?? [],
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listening.close(resolve));
    },
  };
}
