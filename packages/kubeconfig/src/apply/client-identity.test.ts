import { writeFileSync } from "node:fs";
import { performServerHandshake } from "node:http2";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, startGate, startTlsServer, type TestCertificate, type TestServer } from "@kubepass/network/test-support";
import type { ResolvedUser } from "../resolved-config.ts";
import {
  createConfig,
  createExec,
  createFolder,
  createPlugin,
  createTestClientHost,
  formatAnswer,
  type TestClientHost,
  waitUntil,
} from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

const authority = createAuthority();

function serialOf(certificate: TestCertificate): string {
  return new X509Certificate(certificate.certificatePem).serialNumber;
}

/** The serial of the certificate that came with a connection, or `anonymous`. */
function identify(socket: TLSSocket): string {
  return socket.authorized ? socket.getPeerCertificate().serialNumber : "anonymous";
}

function answerHttp1(socket: TLSSocket): void {
  const identity = identify(socket);
  socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${identity.length}\r\n\r\n${identity}`));
}

function answerHttp2(socket: TLSSocket): void {
  const session = performServerHandshake(socket);
  session.on("error", () => {});
  session.on("stream", (stream) => stream.end(identify(socket)));
}

/** A server that answers each request with who is asking, by the certificate of the connection. */
async function startMutual(accept: (socket: TLSSocket) => void, protocols: string[] = []): Promise<TestServer> {
  const trusted = await authority;
  const options = { requestCert: true, rejectUnauthorized: false, ca: trusted.certificatePem, ALPNProtocols: protocols };
  return await startTlsServer(await trusted.issue(), options, accept);
}

interface Files {
  readonly user: Partial<ResolvedUser>;
  write(certificate: TestCertificate): void;
}

function createFiles(certificate: TestCertificate): Files {
  const folder = createFolder();
  const [cert, key] = [join(folder, "cert"), join(folder, "key")];
  const write: Files["write"] = ({ certificatePem, privateKeyPem }) => {
    writeFileSync(cert, certificatePem);
    writeFileSync(key, privateKeyPem);
  };
  write(certificate);
  return { user: { clientCertificate: { file: cert }, clientKey: { file: key } }, write };
}

async function open(origin: string, user: Partial<ResolvedUser>, host: TestClientHost = createTestClientHost()): Promise<Cluster> {
  const access = new ClusterAccess(host);
  onTestFinished(() => access.close());
  return new Cluster(createConfig({ server: origin, certificateAuthority: { pem: (await authority).certificatePem } }, user), access);
}

async function ask(cluster: Cluster, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return await (await cluster.fetch("/", { headers })).text();
}

test("a plugin's certificate is on the connection even when its first request brings an authorization of its own", async () => {
  const server = await startMutual(answerHttp1);
  const certificate = await (await authority).issue();
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ clientCertificateData: certificate.certificatePem, clientKeyData: certificate.privateKeyPem }));
  const cluster = await open(server.origin, { exec: createExec(plugin.command) });
  expect(await ask(cluster, { authorization: "Bearer mine" })).toBe(serialOf(certificate));
  expect(await ask(cluster)).toBe(serialOf(certificate));
});

test("a certificate that is replaced while a connection is made is the one that counts", async () => {
  const server = await startMutual(answerHttp1);
  const [old, renewed] = [await (await authority).issue(), await (await authority).issue()];
  const gate = await startGate(server.port, { isOpen: false });
  const files = createFiles(old);
  const host = createTestClientHost();
  const cluster = await open(`https://127.0.0.1:${gate.port}`, files.user, host);
  const first = ask(cluster);
  await waitUntil(() => gate.waiting() === 1);
  files.write(renewed);
  host.advance(1_000);
  const second = ask(cluster);
  gate.open();
  expect(await Promise.all([first, second])).toEqual([serialOf(renewed), serialOf(renewed)]);
  expect(await ask(cluster)).toBe(serialOf(renewed));
});

test.skipIf(!createTestClientHost().canSpeakHttp2)(
  "a certificate that is replaced while an HTTP/2 session is opened fails neither old nor new requests",
  async () => {
    const held: TLSSocket[] = [];
    let isOpen = false;
    const server = await startMutual((socket) => void (isOpen ? answerHttp2(socket) : held.push(socket)), ["h2"]);
    const [old, renewed] = [await (await authority).issue(), await (await authority).issue()];
    const files = createFiles(old);
    const host = createTestClientHost();
    const cluster = await open(server.origin, files.user, host);
    const first = ask(cluster);
    await waitUntil(() => held.length === 1);
    files.write(renewed);
    host.advance(1_000);
    isOpen = true;
    expect(await Promise.all([first, ask(cluster)])).toEqual([serialOf(renewed), serialOf(renewed)]);
  },
);
