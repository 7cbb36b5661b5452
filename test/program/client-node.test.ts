import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Writable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import type { KubeConfig as NewerKubeConfig } from "@kubernetes/client-node";
import { CoreV1Api, Exec, KubeConfig, Watch } from "client-node-v1";
import { applyToClientNode, Cluster, ClusterAccess, type ResolvedUser } from "@kubepass/kubeconfig";
import { createConfig, createExec, createPlugin, createTestClientHost, formatAnswer } from "@kubepass/kubeconfig/test-support";
import { createAuthority, type Responder, startServer, type TestServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";

interface ClientNodeScene {
  readonly server: TestServer;
  readonly kubeConfig: KubeConfig;
}

const authority = createAuthority();
const namespaces = { apiVersion: "v1", kind: "NamespaceList", metadata: {}, items: [{ metadata: { name: "default" } }] };

async function createScene(user: Partial<ResolvedUser>, responder?: Responder): Promise<ClientNodeScene> {
  const trusted = await authority;
  const answer: Responder = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(namespaces));
  };
  const server = await startServer(responder ?? answer, await trusted.issue());
  const access = new ClusterAccess(createTestClientHost());
  onTestFinished(() => access.close());
  const config = createConfig({ server: server.origin, certificateAuthority: { pem: trusted.certificatePem } }, user);
  return { server, kubeConfig: applyToClientNode(new KubeConfig(), new Cluster(config, access)) };
}

function linesOf(request: IncomingMessage | undefined, name: string): readonly string[] {
  const raw = request?.rawHeaders ?? [];
  return raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name);
}

test("API clients of client-node send our credential and keep the connection", async () => {
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "from-plugin" }));
  const { server, kubeConfig } = await createScene({ exec: createExec(plugin.command) });
  const api = kubeConfig.makeApiClient(CoreV1Api);
  for (let count = 0; count < 3; count += 1) {
    const { items } = await api.listNamespace();
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(["default"]);
  }
  expect(plugin.runs()).toHaveLength(1);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array.from({ length: 3 }, () => "Bearer from-plugin"));
  expect(new Set(server.requests.map(({ socket }) => socket.remotePort)).size).toBe(1);
});

test("client-node impersonates with groups, which it cannot do alone", async () => {
  const impersonation = { user: "alice", uid: "", groups: ["one", "two"], extra: new Map<string, string[]>() };
  const { server, kubeConfig } = await createScene({ token: new Secret("t"), impersonation });
  await kubeConfig.makeApiClient(CoreV1Api).listNamespace();
  expect(linesOf(server.requests[0], "impersonate-group")).toEqual(["one", "two"]);
});

test("a 401 renews the credential of client-node's next request", async () => {
  const statuses = [401];
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "t" }));
  const { kubeConfig } = await createScene({ exec: createExec(plugin.command) }, (_, response) => {
    response.writeHead(statuses.shift() ?? 200, { "content-type": "application/json" });
    response.end(JSON.stringify(namespaces));
  });
  const api = kubeConfig.makeApiClient(CoreV1Api);
  await expect(api.listNamespace()).rejects.toMatchObject({ code: 401 });
  await api.listNamespace();
  expect(plugin.runs()).toHaveLength(2);
});

test("a watch of client-node is authenticated and tells its events", async () => {
  const { server, kubeConfig } = await createScene({ token: new Secret("t") }, (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(`${JSON.stringify({ type: "ADDED", object: { metadata: { name: "one" } } })}\n`);
  });
  const event = await new Promise<string>((resolve, reject) => {
    const watching = new Watch(kubeConfig).watch(
      "/api/v1/namespaces",
      {},
      (type) => resolve(type),
      (error) => reject(new Error(String(error))),
    );
    onTestFinished(async () => (await watching).abort());
  });
  expect(event).toBe("ADDED");
  expect(server.requests[0]?.headers.authorization).toBe("Bearer t");
});

test("exec of client-node opens its WebSocket with our credential", async () => {
  const offered: IncomingMessage[] = [];
  const { kubeConfig, server } = await createScene({ token: new Secret("t") }, () => {});
  server.onUpgrade((request, socket) => {
    offered.push(request);
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"] ?? ""}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    const protocol = request.headers["sec-websocket-protocol"]?.split(",")[0] ?? "";
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    // One binary frame on channel 1, which is standard output.
    socket.write(Buffer.from([0x82, 0x06, 1, ...Buffer.from("hello")]));
  });
  const output = await new Promise<string>((resolve, reject) => {
    const stdout = new Writable({ write: (chunk: Buffer, _, done) => (resolve(chunk.toString()), done()) });
    new Exec(kubeConfig)
      .exec("default", "pod", "container", ["date"], stdout, null, null, false)
      .then((socket) => onTestFinished(() => socket.terminate?.()), reject);
  });
  expect(output).toBe("hello");
  expect(offered[0]?.headers.authorization).toBe("Bearer t");
});

// Version 2 needs a newer Node than this project does, so here its types alone are tried; undici-dispatcher.test.ts has its way of asking.
test("a KubeConfig of version 2 is taken as well", () => {
  const apply: (kubeConfig: NewerKubeConfig, cluster: Cluster) => NewerKubeConfig = applyToClientNode;
  expect(apply).toBe(applyToClientNode);
});
