import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { CertificateFiles } from "./certificates.ts";
import { acceptChannels, type ChannelPeer } from "./web-socket-peer.ts";

/** What stands in for a kubelet on loopback: its pods are processes of this machine. */
export interface LoopbackNode {
  readonly port: number;
  /** Method and path of what the API server asked. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const channels = { input: 0, output: 1, error: 2, status: 3 };
// Of v5.channel.k8s.io: what follows is the number of the channel that is at its end.
const closeSignal = 255;

function formatStatus(code: number | null): Buffer {
  const failure = { reason: "NonZeroExitCode", details: { causes: [{ reason: "ExitCode", message: String(code) }] } };
  return Buffer.from(JSON.stringify({ metadata: {}, ...(code === 0 ? { status: "Success" } : { status: "Failure", ...failure }) }));
}

/** Runs a command with its streams on the channels, as exec and attach do. */
function runCommand(peer: ChannelPeer, command: readonly string[]): ChildProcess {
  const [program = "cat", ...args] = command;
  const child = spawn(program, args, { stdio: "pipe", env: { PATH: process.env["PATH"], POD: "echo" } });
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => peer.send(channels.output, chunk));
  child.stderr.on("data", (chunk: Buffer) => peer.send(channels.error, chunk));
  peer.onMessage((channel, content) => {
    if (channel === channels.input) child.stdin.write(content);
    else if (channel === closeSignal) child.stdin.end();
  });
  child.once("close", (code) => {
    peer.send(channels.status, formatStatus(code));
    peer.close();
  });
  peer.onClose(() => child.kill());
  return child;
}

/** Two channels for each port, each of which begins with the number of the port. */
function forwardPorts(peer: ChannelPeer, ports: readonly number[]): void {
  const sockets = ports.map((port, index) => {
    const number = Buffer.from([port % 256, Math.floor(port / 256)]);
    peer.send(2 * index, number);
    peer.send(2 * index + 1, number);
    const socket: Socket = connect(port, "127.0.0.1");
    socket.on("error", () => peer.close());
    socket.on("data", (chunk: Buffer) => peer.send(2 * index, chunk));
    return socket;
  });
  peer.onMessage((channel, content) => void sockets[Math.floor(channel / 2)]?.write(content));
  peer.onClose(() => sockets.forEach((socket) => socket.destroy()));
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "https://node");
  const peer = acceptChannels(request, socket, head);
  const [, kind] = pathname.split("/");
  if (kind === "portForward") forwardPorts(peer, searchParams.getAll("port").map(Number));
  else runCommand(peer, kind === "exec" ? searchParams.getAll("command") : ["cat"]);
}

function respond(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? "/", "https://node");
  if (!pathname.startsWith("/containerLogs/")) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": "text/plain" });
  response.write("first line\n");
  return void response.end("second line\n");
}

/** Starts it on a free port of 127.0.0.1. */
export async function startLoopbackNode(certificate: CertificateFiles): Promise<LoopbackNode> {
  const requests: string[] = [];
  const server = createServer({ cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    respond(request, response);
  });
  server.on("upgrade", (request, socket, head) => {
    requests.push(`${request.method} ${request.url}`);
    upgrade(request, socket, head);
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
