import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { performServerHandshake } from "node:http2";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import {
  createAuthority,
  startHttpProxy,
  startServer,
  startSocksProxy,
  startTlsServer,
  type TestServer,
} from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import type { ResolvedCluster } from "../resolved-config.ts";
import { createConfig, createFolder, createTestClientHost, waitUntil } from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

const authority = createAuthority();
const proxyAuthority = createAuthority("proxy");
// A name that only a proxy can reach, so that a request that goes past it fails.
const place = "https://api.invalid:6443";
const credentials = "anna:hunter2";

function answerHttp2(socket: TLSSocket): void {
  const session = performServerHandshake(socket);
  session.on("error", () => {});
  session.on("stream", (stream, headers) => stream.end(`HTTP/2 ${headers.authorization}`));
}

function answerHttp1(socket: TLSSocket): void {
  socket.on("data", (bytes: Buffer) => {
    const text = bytes.toString("latin1");
    const [, authorization = ""] = /^authorization: (.*)\r$/im.exec(text) ?? [];
    const [, key] = /^sec-websocket-key: (.*)\r$/im.exec(text) ?? [];
    const body = `HTTP/1.1 ${authorization}`;
    if (key === undefined) return void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    socket.removeAllListeners("data");
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    socket.on("data", (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
    return undefined;
  });
}

/** An API server with the better one of the protocols that a client offers. */
async function startApi(): Promise<TestServer> {
  const certificate = await (await authority).issue({ names: ["api.invalid"] });
  return await startTlsServer(certificate, { ALPNProtocols: ["h2", "http/1.1"] }, (socket) =>
    socket.alpnProtocol === "h2" ? answerHttp2(socket) : answerHttp1(socket),
  );
}

interface Proxied {
  readonly url: string;
  /** Which places it was asked for. */
  targets(): readonly string[];
}

function nameOf(request: string): string {
  // SOCKS version, command, nothing, a name of so many bytes, and a port.
  const bytes = Buffer.from(request, "hex");
  const end = 5 + (bytes[4] ?? 0);
  return `${bytes.toString("latin1", 5, end)}:${bytes.readUInt16BE(end)}`;
}

const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;

async function startHttp(port: number, isSecure: boolean): Promise<Proxied> {
  const certificate = isSecure ? await (await proxyAuthority).issue() : undefined;
  const proxy = await startHttpProxy(port, { authorization, ...(certificate === undefined ? {} : { certificate }) });
  return { url: `http${isSecure ? "s" : ""}://${credentials}@127.0.0.1:${proxy.port}`, targets: () => proxy.targets };
}

async function startSocks(port: number, method: number): Promise<Proxied> {
  const proxy = await startSocksProxy(port, { method });
  const targets = (): readonly string[] => proxy.seen.filter((said) => /^05[0-9a-f]+$/.test(said)).map(nameOf);
  return { url: `socks5://${method === 2 ? `${credentials}@` : ""}127.0.0.1:${proxy.port}`, targets };
}

const proxies: readonly (readonly [name: string, start: (port: number) => Promise<Proxied>])[] = [
  ["an HTTP proxy", async (port) => await startHttp(port, false)],
  ["an HTTP proxy that speaks TLS", async (port) => await startHttp(port, true)],
  ["a SOCKS5 proxy", async (port) => await startSocks(port, 0)],
  ["a SOCKS5 proxy with a password", async (port) => await startSocks(port, 2)],
];

async function open(cluster: Partial<ResolvedCluster>, variables: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const bundle = join(createFolder(), "bundle");
  writeFileSync(bundle, (await proxyAuthority).certificatePem);
  const host = createTestClientHost({ SSL_CERT_FILE: bundle, ...variables });
  const access = new ClusterAccess(host);
  onTestFinished(() => access.close());
  const certificateAuthority = { pem: (await authority).certificatePem };
  return new Cluster(createConfig({ server: place, certificateAuthority, ...cluster }, { token: new Secret("t") }), access);
}

async function ask(cluster: Cluster): Promise<string> {
  return await (await cluster.fetch("/api")).text();
}

test.skipIf(!createTestClientHost().canSpeakHttp2).each(proxies)("%s carries HTTP/2, over one tunnel", async (_, start) => {
  const proxy = await start((await startApi()).port);
  const cluster = await open({ proxyUrl: proxy.url });
  expect(await Promise.all([ask(cluster), ask(cluster)])).toEqual(["HTTP/2 Bearer t", "HTTP/2 Bearer t"]);
  expect(proxy.targets()).toEqual(["api.invalid:6443"]);
});

test.each(proxies)("%s carries HTTP/1.1", async (_, start) => {
  const proxy = await start((await startApi()).port);
  const cluster = await open({ proxyUrl: proxy.url }, { DISABLE_HTTP2: "1" });
  expect([await ask(cluster), await ask(cluster)]).toEqual(["HTTP/1.1 Bearer t", "HTTP/1.1 Bearer t"]);
  expect(proxy.targets()).toEqual(["api.invalid:6443"]);
});

test.each(proxies)("%s carries a WebSocket", async (_, start) => {
  const proxy = await start((await startApi()).port);
  const { socket } = await (await open({ proxyUrl: proxy.url })).upgrade("/exec");
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  socket.write("ping");
  await waitUntil(() => heard === "echo ping");
  expect(proxy.targets()).toEqual(["api.invalid:6443"]);
  socket.destroy();
});

test.each(proxies)("%s is taken from the environment as well, unless NO_PROXY has the server", async (_, start) => {
  const proxy = await start((await startApi()).port);
  for (const name of ["HTTPS_PROXY", "https_proxy"]) await ask(await open({}, { [name]: proxy.url }));
  expect(proxy.targets()).toHaveLength(2);
  for (const list of ["*", "api.invalid", ".invalid", "invalid", "other,api.invalid:6443"]) {
    const cluster = await open({}, { HTTPS_PROXY: proxy.url, NO_PROXY: list });
    await expect(ask(cluster)).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
  }
  expect(proxy.targets()).toHaveLength(2);
  for (const list of ["", "api.invalid:443", "pi.invalid", "10.0.0.0/8"])
    await ask(await open({}, { HTTPS_PROXY: proxy.url, NO_PROXY: list }));
  expect(proxy.targets()).toHaveLength(6);
});

test("the kubeconfig's own proxy is used whatever NO_PROXY says, and the environment's is not used then", async () => {
  const api = await startApi();
  const [own, other] = [await startHttp(api.port, false), await startHttp(api.port, false)];
  await ask(await open({ proxyUrl: own.url }, { NO_PROXY: "*", HTTPS_PROXY: other.url }));
  expect([own.targets().length, other.targets().length]).toEqual([1, 0]);
});

test.each(["127.0.0.0/8", "127.0.0.1", "*"])("a server at an address is reached without a proxy where NO_PROXY is %s", async (list) => {
  const api = await startServer((_, response) => void response.end("direct"), await (await authority).issue());
  const proxy = await startHttp(api.port, false);
  expect(await ask(await open({ server: api.origin }, { HTTPS_PROXY: proxy.url, NO_PROXY: list }))).toBe("direct");
  expect(proxy.targets()).toEqual([]);
});

test("a proxy that speaks TLS may be trusted by the system or the cluster's authority, and by nobody else", async () => {
  const api = await startApi();
  const trusted = await startHttpProxy(api.port, { certificate: await (await authority).issue() });
  const cluster = await open({ proxyUrl: `https://127.0.0.1:${trusted.port}` });
  expect(await ask(cluster)).toMatch(/Bearer t$/);
  const stranger = await startHttpProxy(api.port, { certificate: await (await createAuthority("stranger")).issue() });
  for (const insecureSkipTlsVerify of [false, true]) {
    const certificateAuthority = insecureSkipTlsVerify ? { certificateAuthority: undefined } : {};
    const distrusting = await open({ proxyUrl: `https://127.0.0.1:${stranger.port}`, insecureSkipTlsVerify, ...certificateAuthority });
    await expect(ask(distrusting)).rejects.toMatchObject({ code: "TLS_UNTRUSTED", message: expect.stringContaining("the proxy") });
  }
  expect(stranger.targets).toEqual([]);
});

test("a proxy that refuses, is gone or wants another password is named, and its password is not", async () => {
  const api = await startApi();
  const gone = await startHttpProxy(api.port);
  await gone.close();
  const urls = [
    `http://${credentials}@127.0.0.1:${(await startHttpProxy(api.port, { status: 403 })).port}`,
    `http://${credentials}@127.0.0.1:${(await startHttpProxy(api.port, { authorization: "Basic other" })).port}`,
    `http://${credentials}@127.0.0.1:${gone.port}`,
    `socks5://${credentials}@127.0.0.1:${(await startSocksProxy(api.port, { reply: 2 })).port}`,
    `socks5://${credentials}@127.0.0.1:${(await startSocksProxy(api.port, { method: 255 })).port}`,
    `socks5://anna:hunter3@127.0.0.1:${(await startSocksProxy(api.port, { method: 2 })).port}`,
  ];
  for (const proxyUrl of urls) {
    const cluster = await open({ proxyUrl });
    for (const asked of [ask(cluster), cluster.upgrade("/exec")]) {
      const error: unknown = await asked.catch((problem: unknown) => problem);
      expect(error).toMatchObject({ code: "PROXY_FAILED", message: expect.stringContaining("127.0.0.1") });
      expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter/);
    }
  }
});

test("a server without TLS is asked through an HTTP proxy by its whole URL, and through SOCKS5 as ever; neither gets a credential", async () => {
  const api = await startServer((request, response) => void response.end(`${request.url} ${request.headers.authorization}`));
  const seen: string[] = [];
  const forwarding = await startServer((request, response) => {
    seen.push(`${request.url} ${request.headers["proxy-authorization"]}`);
    response.end("forwarded");
  });
  const http = await open({ server: "http://api.invalid:8080", proxyUrl: `http://${credentials}@127.0.0.1:${forwarding.port}` });
  expect(await ask(http)).toBe("forwarded");
  expect(seen).toEqual([`http://api.invalid:8080/api ${authorization}`]);
  const socks = await startSocks(api.port, 0);
  const tunnelled = await open({ server: "http://api.invalid:8080", proxyUrl: socks.url });
  expect(await ask(tunnelled)).toMatch(/^\/api /);
  expect(socks.targets()).toEqual(["api.invalid:8080"]);
});
