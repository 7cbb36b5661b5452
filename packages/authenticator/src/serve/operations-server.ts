import { createServer, type Server } from "node:http";
import { CredentialError } from "@kubepass/wire";
import type { ListenAddress } from "../http/tls-server.ts";
import type { Metrics } from "./metrics.ts";

/** Answers `/livez`, `/readyz` and `/metrics` over plain HTTP. */
export interface OperationsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** An answer that is no JSON. */
interface PlainAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const paths: ReadonlySet<string> = new Set(["/livez", "/readyz", "/healthz", "/metrics"]);

/** Whether a path is one of health and metrics. */
export function isOperationsPath(path: string): boolean {
  return paths.has(path);
}

const plain = (status: number, body: string): PlainAnswer => ({ status, type: "text/plain; charset=utf-8", body: `${body}\n` });

/** What is answered about health and metrics. */
export async function answerOperations(
  method: string,
  path: string,
  isReady: () => boolean,
  metrics: Pick<Metrics, "contentType" | "format">,
): Promise<PlainAnswer> {
  if (method !== "GET" && method !== "HEAD") return plain(405, "only GET is allowed");
  switch (path) {
    case "/livez":
      return plain(200, "ok");
    case "/readyz":
    // Where probes of aws-iam-authenticator look.
    case "/healthz":
      return isReady() ? plain(200, "ok") : plain(503, "stopping");
    case "/metrics":
      return { status: 200, type: metrics.contentType, body: await metrics.format() };
    default:
      return plain(404, "there are /livez, /readyz and /metrics");
  }
}

async function listen(server: Server, { host, port }: ListenAddress): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: Error) =>
      reject(new CredentialError("SERVE_FAILED", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error })),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/** Starts the server. Throws `SERVE_FAILED`. */
export async function startOperationsServer(address: ListenAddress, isReady: () => boolean, metrics: Metrics): Promise<OperationsServer> {
  const server = createServer((request, response) => {
    request.resume();
    const [path = ""] = (request.url ?? "").split("?", 1);
    const send = ({ status, type, body }: PlainAnswer): void => void response.writeHead(status, { "content-type": type }).end(body);
    answerOperations(request.method ?? "", path, isReady, metrics).then(send, () => send(plain(500, "internal error")));
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  const port = await listen(server, address);
  return {
    port,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
