import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants, createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { Cluster, ClusterAccess } from "@kubepass/kubeconfig";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import {
  createConfig,
  createExec,
  createFolder,
  createPlugin,
  createTestClientHost,
  formatAnswer,
  type TestClientHost,
} from "@kubepass/kubeconfig/test-support";
import { createAuthority, type TestAuthority, type TestCertificate } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";

type Respond = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

interface Http2Scene {
  readonly origin: string;
  readonly authority: TestAuthority;
  readonly host: TestClientHost;
  readonly access: ClusterAccess;
  /** The serial number of the client certificate of each handshake; empty without one. */
  readonly handshakes: string[];
  readonly versions: string[];
  readonly server: Http2SecureServer;
}

const authority = createAuthority();

async function startScene(respond: Respond, maxStreams?: number): Promise<Http2Scene> {
  const trusted = await authority;
  const { certificatePem, privateKeyPem } = await trusted.issue();
  const handshakes: string[] = [];
  const versions: string[] = [];
  const server = createSecureServer(
    {
      cert: certificatePem,
      key: privateKeyPem,
      ca: trusted.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
      allowHTTP1: true,
      ...(maxStreams === undefined ? {} : { settings: { maxConcurrentStreams: maxStreams } }),
    },
    (request, response) => {
      versions.push(request.httpVersion);
      respond(request, response);
    },
  );
  const sockets = new Set<TLSSocket>();
  server.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handshakes.push(socket.getPeerX509Certificate()?.serialNumber ?? "");
  });
  server.on("sessionError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const host = createTestClientHost();
  const access = new ClusterAccess(host);
  onTestFinished(async () => {
    access.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin: `https://127.0.0.1:${port}`, authority: trusted, host, access, handshakes, versions, server };
}

function describe({ origin, authority: trusted }: Http2Scene): { server: string; certificateAuthority: { pem: string } } {
  return { server: origin, certificateAuthority: { pem: trusted.certificatePem } };
}

test("a thousand requests at once share one plugin run and few connections", async () => {
  const scene = await startScene((_, response) => response.end("{}"), 250);
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "t" }));
  const { fetch } = new Cluster(createConfig(describe(scene), { exec: createExec(plugin.command) }), scene.access);
  const texts = await Promise.all(Array.from({ length: 1000 }, async () => await (await fetch("/api")).text()));
  expect(new Set(texts)).toEqual(new Set(["{}"]));
  expect(plugin.runs()).toHaveLength(1);
  expect(scene.handshakes.length).toBeLessThanOrEqual(4);
  expect(new Set(scene.versions)).toEqual(new Set(["2.0"]));
});

test("each impersonated group is a header of its own in HTTP/2 as well", async () => {
  const lines: string[] = [];
  const scene = await startScene((_, response) => response.end("{}"));
  scene.server.on("stream", (...event: readonly unknown[]) => void lines.push(...(event[3] as string[])));
  const impersonation = { user: "alice", uid: "", groups: ["one", "two"], extra: new Map<string, string[]>() };
  await new Cluster(createConfig(describe(scene), { token: new Secret("t"), impersonation }), scene.access).fetch("/");
  expect(lines.filter((_, at) => lines[at - 1] === "impersonate-group")).toEqual(["one", "two"]);
});

test("a server with HTTP/1.1 alone is spoken to in HTTP/1.1 over the connection that told so", async () => {
  const scene = await startScene((_, response) => response.end("{}"));
  const host = { ...scene.host, environment: { ...scene.host.environment, variables: { DISABLE_HTTP2: "1" } } };
  const access = new ClusterAccess(host);
  const { fetch } = new Cluster(createConfig(describe(scene), { token: new Secret("t") }), access);
  for (let count = 0; count < 3; count += 1) await (await fetch("/")).text();
  access.close();
  expect(scene.versions).toEqual(["1.1", "1.1", "1.1"]);
  expect(scene.handshakes).toHaveLength(1);
});

test("bodies go up and come down in HTTP/2", async () => {
  const scene = await startScene((request, response) => void request.pipe(response));
  const { fetch } = new Cluster(createConfig(describe(scene)), scene.access);
  const big = "x".repeat(300_000);
  expect(await (await fetch("/", { method: "POST", body: big })).text()).toBe(big);
  const stream = new Blob([big]).stream();
  expect(await (await fetch("/", { method: "POST", body: stream })).text()).toBe(big);
});

function statusOf(certificate: TestCertificate, expirationTimestamp?: string): Readonly<Record<string, string | undefined>> {
  return { clientCertificateData: certificate.certificatePem, clientKeyData: certificate.privateKeyPem, expirationTimestamp };
}

test("a plugin's certificate is shown, and when it changes what is under way on the old connections ends", async () => {
  const scene = await startScene((request, response) => {
    if (request.url === "/watch") response.write("started");
    else response.end("{}");
  });
  const plugin = createPlugin();
  const [first, second] = [await scene.authority.issue(), await scene.authority.issue()];
  plugin.answer(formatAnswer(statusOf(first, "2030-01-01T00:10:00Z")));
  const { fetch } = new Cluster(createConfig(describe(scene), { exec: createExec(plugin.command) }), scene.access);
  const watch = await fetch("/watch");
  plugin.answer(formatAnswer(statusOf(second, "2030-01-01T01:00:00Z")));
  scene.host.advance(600_001);
  await (await fetch("/")).text();
  await expect(watch.text()).rejects.toThrow(/closed|ended on purpose/);
  expect(new Set(scene.handshakes).size).toBe(2);
  expect(scene.handshakes).toHaveLength(2);
});

test("a token that changes ends nothing", async () => {
  let finish = (): void => {};
  const scene = await startScene((request, response) => {
    if (request.url !== "/watch") return response.end("{}");
    response.write("one ");
    finish = () => void response.end("two");
    return response;
  });
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "a", expirationTimestamp: "2030-01-01T00:10:00Z" }));
  const { fetch } = new Cluster(createConfig(describe(scene), { exec: createExec(plugin.command) }), scene.access);
  const watch = await fetch("/watch");
  plugin.answer(formatAnswer({ token: "b" }));
  scene.host.advance(600_001);
  await (await fetch("/")).text();
  finish();
  expect(await watch.text()).toBe("one two");
  expect(scene.handshakes).toHaveLength(1);
});

test("certificate files are read again, and the connections of the old one end", async () => {
  const scene = await startScene((_, response) => response.end("{}"));
  const folder = createFolder();
  const files = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  const write = ({ certificatePem, privateKeyPem }: TestCertificate): void => {
    writeFileSync(files.certificate, certificatePem);
    writeFileSync(files.key, privateKeyPem);
  };
  write(await scene.authority.issue());
  const user = { clientCertificate: { file: files.certificate }, clientKey: { file: files.key } };
  const { fetch } = new Cluster(createConfig(describe(scene), user), scene.access);
  await (await fetch("/")).text();
  write(await scene.authority.issue());
  await (await fetch("/")).text();
  expect(scene.handshakes).toHaveLength(1);
  scene.host.advance(1_000);
  await (await fetch("/")).text();
  expect(scene.handshakes).toHaveLength(2);
  expect(new Set(scene.handshakes).size).toBe(2);
  // Half written: what was good stays.
  writeFileSync(files.key, "");
  scene.host.advance(1_000);
  expect((await fetch("/")).status).toBe(200);
  expect(scene.handshakes).toHaveLength(2);
});

test("a plugin whose certificate has always expired already does not end the requests of others", async () => {
  const scene = await startScene((request, response) => {
    request.resume();
    request.on("end", () => response.end("{}"));
  });
  const plugin = createPlugin();
  plugin.answer(formatAnswer(statusOf(await scene.authority.issue(), "2029-01-01T00:00:00Z")));
  const { fetch } = new Cluster(createConfig(describe(scene), { exec: createExec(plugin.command) }), scene.access);
  const pending = Promise.all(Array.from({ length: 5 }, async () => await (await fetch("/")).text()));
  plugin.answer(formatAnswer(statusOf(await scene.authority.issue(), "2029-01-01T00:00:00Z")));
  expect(await pending).toEqual(["{}", "{}", "{}", "{}", "{}"]);
  expect((await fetch("/")).status).toBe(200);
  expect(scene.host.warnings.length).toBeGreaterThan(0);
});

test("an answer that the connection cut off is not taken for a whole one", async () => {
  const sockets: TLSSocket[] = [];
  const scene = await startScene((_, response) => response.write("half"));
  scene.server.on("secureConnection", (socket: TLSSocket) => void sockets.push(socket));
  const response = await new Cluster(createConfig(describe(scene)), scene.access).fetch("/");
  for (const socket of sockets) socket.destroy();
  await expect(response.text()).rejects.toThrow(/closed/);
});

test("a whole answer is not followed by a reset, and what is cancelled is", async () => {
  const codes: (number | undefined)[] = [];
  const scene = await startScene((request, response) => {
    response.stream.once("close", () => codes.push(response.stream.rstCode));
    if (request.url === "/whole") response.end("{}");
    else response.write("half");
  });
  const { fetch } = new Cluster(createConfig(describe(scene)), scene.access);
  for (let count = 0; count < 3; count += 1) await (await fetch("/whole")).text();
  await (await fetch("/half")).body?.cancel();
  await waitUntil(() => codes.length === 4);
  expect(codes).toEqual([constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL]);
});

test("a reader that is slow holds the server back, and loses nothing", async () => {
  let writtenBytes = 0;
  const chunk = Buffer.alloc(65_536, "x");
  const scene = await startScene((request, response) => {
    if (request.url !== "/big") return response.end("{}");
    const write = (): void => {
      while (writtenBytes < 8_000_000) {
        writtenBytes += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", write);
      }
      response.end();
    };
    return write();
  });
  const { fetch } = new Cluster(createConfig(describe(scene)), scene.access);
  const reader = (await fetch("/big")).body?.getReader();
  let readBytes = (await reader?.read())?.value?.length ?? 0;
  // What neither side takes any more shows in a round trip of another request.
  await (await fetch("/")).text();
  expect(writtenBytes).toBeLessThan(8_000_000);
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) readBytes += part.value.length;
  expect(readBytes).toBeGreaterThanOrEqual(8_000_000);
});

test("an abort in the middle of an answer ends it with its reason", async () => {
  const scene = await startScene((_, response) => response.write("half"));
  const controller = new AbortController();
  const response = await new Cluster(createConfig(describe(scene)), scene.access).fetch("/", { signal: controller.signal });
  const reading = response.text();
  controller.abort(new Error("enough"));
  await expect(reading).rejects.toThrow("enough");
});

const bun = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));
const node = [process.execPath, "--conditions=@kubepass/source", "--import", "tsx"];
const runtimes = [
  { name: "Node", program: node, variables: {}, version: "2.0" },
  { name: "Node, without HTTP/2", program: node, variables: { DISABLE_HTTP2: "1" }, version: "1.1" },
  { name: "Bun", program: [bun, "--conditions=@kubepass/source"], variables: {}, version: "2.0" },
];

test.each(runtimes)(
  "a program that has its answer ends by itself, and not before, with a line for each group: $name",
  async ({ program: [command = "", ...flags], variables, version }) => {
    const groups: string[] = [];
    const scene = await startScene((request, response) => {
      groups.push(...request.rawHeaders.filter((_, at) => request.rawHeaders[at - 1]?.toLowerCase() === "impersonate-group"));
      response.end("answered");
    });
    const authorityFile = join(createFolder(), "ca.crt");
    writeFileSync(authorityFile, scene.authority.certificatePem);
    const program = fileURLToPath(new URL("fetch-once.ts", import.meta.url));
    const options = { env: { ...process.env, ...variables } };
    const { stdout } = await promisify(execFile)(command, [...flags, program, scene.origin, authorityFile, "t"], options);
    expect(stdout).toBe("answered");
    expect(scene.versions).toEqual([version]);
    expect(groups).toEqual(["one", "two"]);
  },
);
