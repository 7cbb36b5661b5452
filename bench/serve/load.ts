import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";

/** Where to ask, and with which certificate. */
export interface LoadTarget {
  readonly port: number;
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** How much to ask. */
export interface LoadPlan {
  readonly connections: number;
  /** The whole next request; `undefined` ends the load. */
  readonly nextRequest: () => Buffer | undefined;
}

/** What came of it. */
export interface LoadResult {
  readonly reviews: number;
  readonly wallMs: number;
  /** Of each answer, sorted. */
  readonly latenciesMs: Float64Array;
}

const yes = Buffer.from('"authenticated":true');

/** The bytes of a question about a token, as kube-apiserver sends it. */
export function formatRequest(token: string): Buffer {
  const body = JSON.stringify({
    kind: "TokenReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {},
    spec: { token },
    status: { user: {} },
  });
  const head = [
    "POST /authenticate?timeout=30s HTTP/1.1",
    "Host: 127.0.0.1",
    "User-Agent: kube-apiserver/v1.37.2 (linux/amd64) kubernetes/bench",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Accept: application/json, */*",
    "Content-Type: application/json",
    "Accept-Encoding: gzip",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function isWhole(answer: Buffer): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(answer.toString("latin1", 0, end))?.[1];
  return length !== undefined && answer.length >= end + 4 + Number(length);
}

function open(target: LoadTarget, secureContext: SecureContext): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: target.port, ca: target.authorityPem, secureContext, ALPNProtocols: ["http/1.1"] });
    socket
      .setNoDelay(true)
      .once("error", reject)
      .once("secureConnect", () => resolve(socket));
  });
}

/** Asks over one connection, one question after the other, and counts on every answer being yes. */
function ask(socket: TLSSocket, plan: LoadPlan, latenciesMs: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    let answer: Buffer = Buffer.alloc(0);
    const next = (): void => {
      const request = plan.nextRequest();
      if (request === undefined) {
        socket.destroy();
        return resolve();
      }
      sentMs = performance.now();
      socket.write(request);
    };
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server hung up")));
    socket.on("data", (bytes: Buffer) => {
      answer = answer.length === 0 ? bytes : Buffer.concat([answer, bytes]);
      if (!isWhole(answer)) return;
      if (!answer.includes(yes)) return reject(new Error(`not authenticated: ${answer.toString()}`));
      latenciesMs.push(performance.now() - sentMs);
      answer = Buffer.alloc(0);
      next();
    });
    next();
  });
}

/** Opens the connections, asks over all of them at once, and closes them. */
export async function runLoad(target: LoadTarget, plan: LoadPlan): Promise<LoadResult> {
  const secureContext = createSecureContext({ ca: target.authorityPem, cert: target.certificatePem, key: target.privateKeyPem });
  const sockets = await Promise.all(Array.from({ length: plan.connections }, () => open(target, secureContext)));
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  await Promise.all(sockets.map((socket) => ask(socket, plan, latenciesMs)));
  const wallMs = performance.now() - startedMs;
  return { reviews: latenciesMs.length, wallMs, latenciesMs: Float64Array.from(latenciesMs).toSorted() };
}
