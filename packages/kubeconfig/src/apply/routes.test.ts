import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, startGate, startHttpProxy, startServer, type TestServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import type { ResolvedCluster, ResolvedUser } from "../resolved-config.ts";
import { createConfig, createFolder, createTestClientHost, type TestClientHost, waitUntil } from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";
import { resolveServerUrl } from "./server-url.ts";

const authority = createAuthority();

async function startCluster(): Promise<{ readonly server: TestServer; readonly pem: string }> {
  const trusted = await authority;
  const server = await startServer(
    (request, response) => {
      if (request.url === "/there") return void response.writeHead(302, { location: "/here" }).end();
      if (request.url === "/away") return void response.writeHead(302, { location: "https://elsewhere.example/" }).end();
      return void response.end(request.url);
    },
    await trusted.issue({ names: ["api.internal"], addresses: ["127.0.0.1"] }),
  );
  return { server, pem: trusted.certificatePem };
}

function open(cluster: Partial<ResolvedCluster>, host: TestClientHost = createTestClientHost(), user: Partial<ResolvedUser> = {}): Cluster {
  const access = new ClusterAccess(host);
  onTestFinished(() => access.close());
  return new Cluster(createConfig(cluster, user), access);
}

test("a kubeconfig's proxy carries requests, with its credentials", async () => {
  const { server, pem } = await startCluster();
  const proxy = await startHttpProxy(server.port, { authorization: `Basic ${Buffer.from("me:secret").toString("base64")}` });
  const cluster = { server: "https://api.internal:6443", certificateAuthority: { pem } };
  const proxyUrl = `http://me:secret@127.0.0.1:${proxy.port}`;
  expect(await (await open({ ...cluster, proxyUrl }).fetch("/a")).text()).toBe("/a");
  expect(proxy.targets).toEqual(["api.internal:6443"]);
  const refused = open({ ...cluster, proxyUrl: `http://127.0.0.1:${proxy.port}` }).fetch("/a");
  await expect(refused).rejects.toMatchObject({ code: "PROXY_FAILED" });
});

test("without a proxy of its own, the environment's is used, unless NO_PROXY has the server", async () => {
  const { server, pem } = await startCluster();
  const proxy = await startHttpProxy(server.port);
  const variables = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  const cluster = { server: "https://api.internal:6443", certificateAuthority: { pem } };
  expect(await (await open(cluster, createTestClientHost(variables)).fetch("/b")).text()).toBe("/b");
  expect(proxy.targets).toHaveLength(1);
  const direct = { server: server.origin, certificateAuthority: { pem } };
  await (await open(direct, createTestClientHost({ ...variables, NO_PROXY: "127.0.0.0/8" })).fetch("/b")).text();
  expect(proxy.targets).toHaveLength(1);
});

test("a server name is what the certificate must be for", async () => {
  const { server, pem } = await startCluster();
  const cluster = { server: server.origin, certificateAuthority: { pem } };
  expect((await open({ ...cluster, tlsServerName: "api.internal" }).fetch("/")).status).toBe(200);
  await expect(open({ ...cluster, tlsServerName: "other.internal" }).fetch("/")).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
});

test("without verification any certificate will do, but not together with an authority", async () => {
  const { server, pem } = await startCluster();
  expect((await open({ server: server.origin, insecureSkipTlsVerify: true }).fetch("/")).status).toBe(200);
  const both = (): Cluster => open({ server: server.origin, insecureSkipTlsVerify: true, certificateAuthority: { pem } });
  expect(both).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test("an authority's file is read again after five minutes, and a broken one changes nothing", async () => {
  const { server, pem } = await startCluster();
  const file = join(createFolder(), "ca.crt");
  writeFileSync(file, (await createAuthority("another")).certificatePem);
  const host = createTestClientHost();
  const cluster = open({ server: server.origin, certificateAuthority: { file } }, host);
  await expect(cluster.fetch("/")).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
  writeFileSync(file, pem);
  await expect(cluster.fetch("/")).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
  host.advance(300_000);
  expect((await cluster.fetch("/")).status).toBe(200);
  for (const broken of ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
    writeFileSync(file, broken);
    host.advance(300_000);
    expect((await cluster.fetch("/")).status).toBe(200);
  }
});

test("an empty authority trusts nobody, and a broken one is an error", async () => {
  const { server } = await startCluster();
  const file = join(createFolder(), "ca.crt");
  writeFileSync(file, "");
  await expect(open({ server: server.origin, certificateAuthority: { file } }).fetch("/")).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
  writeFileSync(file, "hello");
  expect(() => open({ server: server.origin, certificateAuthority: { file } })).toThrow(
    expect.objectContaining({ code: "FILE_UNREADABLE" }),
  );
});

test("redirects are followed on the server, and not away from it", async () => {
  const { server, pem } = await startCluster();
  const { fetch } = open({ server: server.origin, certificateAuthority: { pem } });
  expect(await (await fetch("/there")).text()).toBe("/here");
  expect((await fetch("/there", { redirect: "manual" })).status).toBe(302);
  await expect(fetch("/there", { redirect: "error" })).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  await expect(fetch("/away")).rejects.toMatchObject({ code: "POLICY_REFUSED" });
});

test("a redirect does not carry credentials out of the path of its cluster", async () => {
  const trusted = await authority;
  const base = "/k8s/clusters/c-1";
  const server = await startServer(
    (request, response) => {
      const to = new URL(request.url ?? "", "https://x").searchParams.get("to");
      return void (to === null ? response.end(request.url) : response.writeHead(302, { location: to }).end());
    },
    await trusted.issue({ addresses: ["127.0.0.1"] }),
  );
  const cluster = { server: `${server.origin}${base}`, certificateAuthority: { pem: trusted.certificatePem } };
  const { fetch } = open(cluster, createTestClientHost(), { token: new Secret("t") });
  const ask = async (to: string): Promise<string> => await (await fetch(`/api?to=${encodeURIComponent(to)}`)).text();
  expect(await ask(`${base}/version`)).toBe(`${base}/version`);
  expect(await ask("version")).toBe(`${base}/version`);
  for (const away of [
    "/",
    "/k8s/clusters/c-10",
    "/k8s/clusters/c-2/api",
    `${base}/../c-2`,
    `${base}/%2e%2e/c-2`,
    "../c-2",
    `${server.origin}/login`,
  ]) {
    const asked = server.requests.length;
    await expect(ask(away)).rejects.toMatchObject({ code: "POLICY_REFUSED" });
    expect(server.requests).toHaveLength(asked + 1);
  }
  await expect(ask("http://[")).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  // Whoever names a place outside by its whole URL means it, with what it leads to.
  expect(await (await fetch(`${server.origin}/other?to=/login`)).text()).toBe("/login");
});

test("a connection that was begun under an authority that was then replaced carries nothing", async () => {
  const { server, pem } = await startCluster();
  const gate = await startGate(server.port, { isOpen: false });
  const file = join(createFolder(), "ca.crt");
  writeFileSync(file, pem);
  const host = createTestClientHost();
  const cluster = open({ server: `https://127.0.0.1:${gate.port}`, certificateAuthority: { file } }, host, { token: new Secret("t") });
  const judge = async (): Promise<unknown> => await cluster.fetch("/").catch((error: unknown) => error);
  const first = judge();
  await waitUntil(() => gate.waiting() === 1);
  writeFileSync(file, (await createAuthority("another")).certificatePem);
  host.advance(300_000);
  const second = judge();
  gate.open();
  for (const outcome of [first, second]) expect(await outcome).toMatchObject({ code: "TLS_UNTRUSTED" });
  expect(server.requests).toEqual([]);
});

test("a WebSocket is opened with the credential, and refused in words", async () => {
  const { server, pem } = await startCluster();
  server.onUpgrade((request, socket) => {
    if (request.url === "/no") return void socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const answer = request.url === "/wrong" ? "AAAA" : accept;
    const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${answer}`];
    socket.write(`${head.join("\r\n")}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n${request.headers.authorization}`);
    socket.on("data", (chunk: Buffer) => socket.write(chunk));
    return undefined;
  });
  const cluster = open({ server: server.origin, certificateAuthority: { pem } }, createTestClientHost(), { token: new Secret("t") });
  const { socket, protocol } = await cluster.upgrade("/exec?command=date", { protocols: ["v5.channel.k8s.io", "v4.channel.k8s.io"] });
  expect(protocol).toBe("v5.channel.k8s.io");
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  socket.write("ping");
  await waitUntil(() => heard.length >= 12);
  expect(heard).toBe("Bearer tping");
  socket.destroy();
  await expect(cluster.upgrade("/no")).rejects.toMatchObject({ code: "CLUSTER_FORBIDDEN" });
  await expect(cluster.upgrade("/wrong", { protocols: ["v5.channel.k8s.io"] })).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  await expect(cluster.upgrade("/exec", { protocols: ["other"] })).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
});

test.each([
  ["https://h:1/p?q#f", {}, "https://h:1/p"],
  ["h:8080", {}, "http://h:8080/"],
  ["h:6443", { certificateAuthority: { pem: "x" } }, "https://h:6443/"],
  ["1.2.3.4:567", { insecureSkipTlsVerify: true }, "https://1.2.3.4:567/"],
])("the server %s is %s at %s", (server, cluster, expected) => {
  expect(resolveServerUrl(createConfig({ ...cluster, server })).href).toBe(expected);
});

test.each(["h/path", "ftp://h", "https://user@h", "https://", "a b"])("the server %s is none", (server) => {
  expect(() => resolveServerUrl(createConfig({ server }))).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test.each(["/../c-other/api", "../c-other/api", "/%2e%2e/c-other/api", "/api/../../c-other", "/..\\c-other", "/../c-10/api", "/../../.."])(
  "the path %s does not leave the path of its cluster",
  async (path) => {
    const { server, pem } = await startCluster();
    const { fetch } = open({ server: `${server.origin}/k8s/clusters/c-1`, certificateAuthority: { pem } });
    await expect(fetch(path)).rejects.toMatchObject({ code: "POLICY_REFUSED" });
    expect(server.requests).toEqual([]);
  },
);

test.each([
  ["/api/../version", "/k8s/clusters/c-1/version"],
  ["version", "/k8s/clusters/c-1/version"],
  ["", "/k8s/clusters/c-1/"],
  ["?a=b", "/k8s/clusters/c-1/?a=b"],
])("the path %s is asked under the path of its cluster", async (path, expected) => {
  const { server, pem } = await startCluster();
  const { fetch } = open({ server: `${server.origin}/k8s/clusters/c-1`, certificateAuthority: { pem } });
  expect(await (await fetch(path)).text()).toBe(expected);
});
