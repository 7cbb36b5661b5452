import { createServer, type Server } from "node:http";
import { CredentialError } from "@kubepass/wire";
import type { ListenAddress } from "../http/tls-server.ts";
import type { Metrics } from "./metrics.ts";

/** Answers `/livez`, `/readyz`, `/healthz` and `/metrics` over plain HTTP. */
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

type ShownMetrics = Pick<Metrics, "contentType" | "format">;

const plain = (status: number, body: string): PlainAnswer => ({ status, type: "text/plain; charset=utf-8", body: `${body}\n` });

const answerReadiness = async (isReady: () => boolean): Promise<PlainAnswer> => (isReady() ? plain(200, "ok") : plain(503, "stopping"));

type Answer = (isReady: () => boolean, metrics: ShownMetrics) => Promise<PlainAnswer>;

const answers: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ["/livez", async () => plain(200, "ok")],
  ["/readyz", answerReadiness],
  // Where probes of aws-iam-authenticator look.
  ["/healthz", answerReadiness],
  ["/metrics", async (_, metrics) => ({ status: 200, type: metrics.contentType, body: await metrics.format() })],
]);

/** Whether a path is one of health and metrics. */
export function isOperationsPath(path: string): boolean {
  return answers.has(path);
}

/** What is answered about health and metrics. */
export async function answerOperations(method: string, path: string, isReady: () => boolean, metrics: ShownMetrics): Promise<PlainAnswer> {
  if (method !== "GET" && method !== "HEAD") return plain(405, "only GET is allowed");
  const answer = answers.get(path);
  return answer === undefined ? plain(404, `there are ${[...answers.keys()].join(", ")}`) : await answer(isReady, metrics);
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
