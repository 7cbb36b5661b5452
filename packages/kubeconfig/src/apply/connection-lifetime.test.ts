import { writeFileSync } from "node:fs";
import { performServerHandshake, type ServerHttp2Stream } from "node:http2";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, startGate, startTlsServer, type TestGate } from "@kubepass/network/test-support";
import type { ResolvedCluster, ResolvedUser } from "../resolved-config.ts";
import { createConfig, createFolder, createTestClientHost, type TestClientHost, waitUntil } from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

const authority = createAuthority();

// As of client-go: silence until a ping, patience with its answer, an idle connection's end, the look at files.
const [pingAfterMs, pingTimeoutMs, idleTimeoutMs, refreshIntervalMs] = [30_000, 15_000, 90_000, 300_000];

interface Scene {
  readonly host: TestClientHost;
  readonly gate: TestGate;
  readonly cluster: Cluster;
  readonly access: ClusterAccess;
  /** Method and path of each request. */
  readonly asked: string[];
  /** How many connections were made, and how many are open. */
  readonly connections: { made: number; open: number };
  /** How many pings came. */
  pings(): number;
  /** Ends the answer of `/watch`. */
  finish(): void;
}

interface Choice {
  readonly protocol: "h2" | "http/1.1";
  readonly cluster?: Partial<ResolvedCluster>;
  readonly user?: Partial<ResolvedUser>;
}

// It does not count what comes on such a connection, and so asks more often than it must.
const isBun = Reflect.has(globalThis, "Bun");
const protocols = createTestClientHost().canSpeakHttp2 ? (["h2", "http/1.1"] as const) : (["http/1.1"] as const);

/** A server that answers `{}` at once, and to `/watch` a first word and the rest when it is told to. */
async function startScene(choice: Choice): Promise<Scene> {
  const trusted = await authority;
  const asked: string[] = [];
  const connections = { made: 0, open: 0 };
  let pings = 0;
  const finishers: (() => void)[] = [];
  const answerHttp2 = (socket: TLSSocket): void => {
    const session = performServerHandshake(socket);
    session.on("error", () => {});
    session.on("ping", () => (pings += 1));
    session.on("stream", (stream: ServerHttp2Stream, headers) => {
      stream.on("error", () => {});
      asked.push(`${headers[":method"]} ${headers[":path"]}`);
      stream.respond({ ":status": 200 });
      if (headers[":path"] !== "/watch") return void stream.end("{}");
      stream.write("begun ");
      return void finishers.push(() => stream.end("and ended"));
    });
  };
  const answerHttp1 = (socket: TLSSocket): void => {
    socket.on("data", (bytes: Buffer) => {
      const [, method = "", path = ""] = /^(\S+) (\S+)/.exec(bytes.toString("latin1")) ?? [];
      asked.push(`${method} ${path}`);
      if (path !== "/watch") return void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nbegun \r\n");
      return void finishers.push(() => socket.write("9\r\nand ended\r\n0\r\n\r\n"));
    });
  };
  const server = await startTlsServer(
    await trusted.issue(),
    { ALPNProtocols: [choice.protocol], requestCert: true, rejectUnauthorized: false },
    (socket) => {
      connections.made += 1;
      connections.open += 1;
      socket.once("close", () => (connections.open -= 1));
      if (choice.protocol === "h2") answerHttp2(socket);
      else answerHttp1(socket);
    },
  );
  const gate = await startGate(server.port, { isOpen: true });
  // Where the server is known to speak HTTP/1.1, it is not asked.
  const host = createTestClientHost(choice.protocol === "h2" ? {} : { DISABLE_HTTP2: "1" });
  const access = new ClusterAccess(host);
  onTestFinished(() => access.close());
  const place = { server: `https://127.0.0.1:${gate.port}`, certificateAuthority: { pem: trusted.certificatePem }, ...choice.cluster };
  const cluster = new Cluster(createConfig(place, choice.user), access);
  const finish = (): void => finishers.splice(0).forEach((each) => each());
  return { host, gate, cluster, access, asked, connections, pings: () => pings, finish };
}

async function ask({ cluster }: Scene, init?: RequestInit): Promise<string> {
  return await (await cluster.fetch("/", init)).text();
}

/** Lets time pass while the server answers the pings that come. */
async function passQuietly({ host }: Scene, durationMs: number): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0;) {
    const stepMs = Math.min(leftMs, host.scheduled()[0] ?? leftMs);
    host.elapse(stepMs);
    leftMs -= stepMs;
    await waitUntil(() => !host.scheduled().includes(pingTimeoutMs));
  }
}

function createFiles(name: string): { readonly path: string; write(text: string): void } {
  const path = join(createFolder(), name);
  return { path, write: (text) => writeFileSync(path, text) };
}

test.skipIf(isBun)("a silent connection is asked after 30 seconds, and given up when nothing comes for 15", async () => {
  const scene = await startScene({ protocol: "h2" });
  const watch = await scene.cluster.fetch("/watch");
  // The answer came in this time, so that it was not silent.
  scene.host.elapse(pingAfterMs);
  scene.gate.cut();
  const sent = ask(scene, { method: "POST", body: "{}" }).catch((error: unknown) => error);
  await waitUntil(() => scene.gate.lost() > 0);
  const lostBytes = scene.gate.lost();
  const safe = ask(scene);
  await waitUntil(() => scene.gate.lost() > lostBytes);
  expect(scene.host.scheduled()).toEqual([pingAfterMs, refreshIntervalMs - pingAfterMs]);
  scene.host.elapse(pingAfterMs);
  expect(scene.host.scheduled()).toEqual([pingTimeoutMs, refreshIntervalMs - 2 * pingAfterMs]);
  scene.host.elapse(pingTimeoutMs);
  expect(await sent).toMatchObject({ code: "CLUSTER_UNREACHABLE", retryable: true });
  await expect(watch.text()).rejects.toThrow(/on purpose|closed/);
  // What changes nothing is asked again, over a new connection.
  expect(await safe).toBe("{}");
  expect(scene.asked).toEqual(["GET /watch", "GET /"]);
  expect(scene.connections.made).toBe(2);
});

test.skipIf(isBun)("a connection on which nothing is said is kept as long as pings are answered", async () => {
  const scene = await startScene({ protocol: "h2" });
  const watch = await scene.cluster.fetch("/watch");
  scene.host.elapse(pingAfterMs);
  await passQuietly(scene, 10 * pingAfterMs);
  expect(scene.pings()).toBe(10);
  scene.finish();
  expect(await watch.text()).toBe("begun and ended");
  expect(scene.connections.made).toBe(1);
});

test.skipIf(isBun)("what comes puts the next ping off", async () => {
  const scene = await startScene({ protocol: "h2" });
  for (let count = 0; count < 5; count += 1) {
    await ask(scene);
    scene.host.elapse(pingAfterMs - 1);
  }
  expect(scene.pings()).toBe(0);
});

test.each(protocols)("an idle connection is used again for 90 seconds, and then closed: %s", async (protocol) => {
  const scene = await startScene({ protocol });
  await ask(scene);
  await passQuietly(scene, idleTimeoutMs - 1);
  await ask(scene);
  expect(scene.connections).toEqual({ made: 1, open: 1 });
  await waitUntil(() => scene.host.scheduled().includes(idleTimeoutMs));
  await passQuietly(scene, idleTimeoutMs);
  await waitUntil(() => scene.connections.open === 0);
  expect(await ask(scene)).toBe("{}");
  expect(scene.connections.made).toBe(2);
});

test.each(protocols)("a connection in use is not idle, however long: %s", async (protocol) => {
  const scene = await startScene({ protocol });
  await ask(scene);
  const watch = await scene.cluster.fetch("/watch");
  await passQuietly(scene, 2 * idleTimeoutMs);
  scene.finish();
  expect(await watch.text()).toBe("begun and ended");
  expect(scene.connections).toEqual({ made: 1, open: 1 });
});

test("a server that says how long it waits is believed", async () => {
  const trusted = await authority;
  const connections = { made: 0 };
  const server = await startTlsServer(await trusted.issue(), {}, (socket) => {
    connections.made += 1;
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nkeep-alive: timeout=20\r\ncontent-length: 2\r\n\r\n{}"));
  });
  const host = createTestClientHost({ DISABLE_HTTP2: "1" });
  const access = new ClusterAccess(host);
  onTestFinished(() => access.close());
  const { fetch } = new Cluster(createConfig({ server: server.origin, certificateAuthority: { pem: trusted.certificatePem } }), access);
  await (await fetch("/")).text();
  await waitUntil(() => host.scheduled().length === 2);
  expect(host.scheduled()[0]).toBeLessThanOrEqual(20_000);
});

test.each(protocols)("a watch that is the only request ends when its certificate's files were replaced: %s", async (protocol) => {
  const trusted = await authority;
  const [old, renewed] = [await trusted.issue(), await trusted.issue()];
  const [certificate, key] = [createFiles("tls.crt"), createFiles("tls.key")];
  certificate.write(old.certificatePem);
  key.write(old.privateKeyPem);
  const scene = await startScene({ protocol, user: { clientCertificate: { file: certificate.path }, clientKey: { file: key.path } } });
  const watch = await scene.cluster.fetch("/watch");
  await passQuietly(scene, refreshIntervalMs);
  certificate.write(renewed.certificatePem);
  key.write(renewed.privateKeyPem);
  await passQuietly(scene, refreshIntervalMs - 1);
  expect(scene.connections.open).toBe(1);
  scene.host.elapse(1);
  await expect(watch.text()).rejects.toThrow(/on purpose|closed|aborted/);
  await waitUntil(() => scene.connections.open === 0);
});

test.each(protocols)("a connection that an authority of before has judged ends with what is under way: %s", async (protocol) => {
  const file = createFiles("ca.crt");
  file.write((await authority).certificatePem);
  const scene = await startScene({ protocol, cluster: { certificateAuthority: { file: file.path } } });
  const watch = await scene.cluster.fetch("/watch");
  file.write((await createAuthority("another")).certificatePem);
  await passQuietly(scene, refreshIntervalMs);
  scene.finish();
  expect(await watch.text()).toBe("begun and ended");
  await waitUntil(() => scene.connections.open === 0);
  await expect(ask(scene)).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
});

test.each(protocols)("nothing is scheduled any more when all is closed: %s", async (protocol) => {
  const scene = await startScene({ protocol });
  const watch = await scene.cluster.fetch("/watch");
  const reading = watch.text().catch(() => "cut off");
  await ask(scene);
  scene.access.close();
  expect(await reading).toBe("cut off");
  await waitUntil(() => scene.host.scheduled().length === 0);
  await waitUntil(() => scene.connections.open === 0);
});
