import type { IncomingMessage } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, type Responder, startServer, type TestServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import type { ResolvedUser } from "../resolved-config.ts";
import {
  createConfig,
  createExec,
  createPlugin,
  createTestClientHost,
  formatAnswer,
  type TestClientHost,
} from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";

interface Scene {
  readonly server: TestServer;
  readonly host: TestClientHost;
  /** Status of each answer to come; 200 when there is none left. */
  readonly statuses: number[];
  readonly open: (user?: Partial<ResolvedUser>, options?: ClusterOptions) => Cluster;
}

const authority = createAuthority();

function linesOf(request: IncomingMessage, name: string): readonly string[] {
  const { rawHeaders } = request;
  return rawHeaders.flatMap((value, index) => (index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name ? [value] : []));
}

async function createScene(responder?: Responder): Promise<Scene> {
  const trusted = await authority;
  const statuses: number[] = [];
  const answer: Responder = (request, response) => {
    response.writeHead(statuses.shift() ?? 200, { "content-type": "application/json" });
    request.on("data", () => {});
    request.on("end", () => response.end(JSON.stringify({ path: request.url })));
  };
  const server = await startServer(responder ?? answer, await trusted.issue());
  const host = createTestClientHost();
  const cluster = { server: server.origin, certificateAuthority: { pem: trusted.certificatePem } };
  const access = new ClusterAccess(host);
  onTestFinished(() => access.close());
  const open: Scene["open"] = (user, options) => new Cluster(createConfig(cluster, user), access, options);
  return { server, host, statuses, open };
}

test("a path is asked of the cluster, with the token", async () => {
  const { open, server } = await createScene();
  const response = await open({ token: new Secret("t-1") }).fetch("/api/v1/namespaces?limit=1");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ path: "/api/v1/namespaces?limit=1" });
  expect(server.requests[0]?.headers.authorization).toBe("Bearer t-1");
});

test("a user name and its password are sent as basic authentication", async () => {
  const { open, server } = await createScene();
  await open({ username: "bob", password: new Secret("pa:ss") }).fetch("/");
  expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("bob:pa:ss").toString("base64")}`);
});

test("each impersonated group has a line of its own", async () => {
  const { open, server } = await createScene();
  const impersonation = { user: "alice", uid: "7", groups: ["one", "two"], extra: new Map([["a.b/c", ["x", "y"]]]) };
  await open({ token: new Secret("t"), impersonation }).fetch("/");
  const [request] = server.requests;
  if (request === undefined) throw new Error("no request came");
  expect(linesOf(request, "impersonate-user")).toEqual(["alice"]);
  expect(linesOf(request, "impersonate-uid")).toEqual(["7"]);
  expect(linesOf(request, "impersonate-group")).toEqual(["one", "two"]);
  expect(linesOf(request, "impersonate-extra-a.b%2fc")).toEqual(["x", "y"]);
});

test("names outside of ASCII are impersonated in UTF-8, and those with a control character are refused", async () => {
  const { open, server } = await createScene();
  const impersonate = (user: string): Cluster =>
    open({ token: new Secret("t"), impersonation: { user, uid: "", groups: ["Ärzte", "李"], extra: new Map([["k", ["ñ"]]]) } });
  await impersonate("Jürgen 李").fetch("/");
  const [request] = server.requests;
  if (request === undefined) throw new Error("no request came");
  const read = (name: string): readonly string[] => linesOf(request, name).map((value) => Buffer.from(value, "latin1").toString("utf8"));
  expect(read("impersonate-user")).toEqual(["Jürgen 李"]);
  expect(read("impersonate-group")).toEqual(["Ärzte", "李"]);
  expect(read("impersonate-extra-k")).toEqual(["ñ"]);
  await expect(impersonate("a\nb").fetch("/")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("credentials do not go to another origin", async () => {
  const { open } = await createScene();
  const { fetch } = open({ token: new Secret("t") });
  await expect(fetch("https://elsewhere.example/")).rejects.toMatchObject({ code: "POLICY_REFUSED" });
  await expect(fetch("//elsewhere.example/")).rejects.toMatchObject({ code: "POLICY_REFUSED" });
});

test("a request that brings its own authorization keeps it, over a connection that the plugin may have a certificate for", async () => {
  const { open, server } = await createScene();
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "from-plugin" }));
  await open({ exec: createExec(plugin.command) }).fetch("/", { headers: { authorization: "Bearer mine" } });
  expect(server.requests[0]?.headers.authorization).toBe("Bearer mine");
  expect(plugin.runs()).toHaveLength(1);
});

test("many requests at once run the plugin once", async () => {
  const { open, server } = await createScene();
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "from-plugin" }));
  const { fetch } = open({ exec: createExec(plugin.command) });
  const responses = await Promise.all(Array.from({ length: 20 }, async () => await fetch("/")));
  await Promise.all(responses.map(async (response) => await response.text()));
  expect(plugin.runs()).toHaveLength(1);
  expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer from-plugin"]));
});

test("an expired credential is replaced by one run", async () => {
  const { open, host, server } = await createScene();
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "first", expirationTimestamp: "2030-01-01T00:10:00Z" }));
  const { fetch } = open({ exec: createExec(plugin.command) });
  await fetch("/");
  host.advance(600_000);
  await fetch("/");
  expect(plugin.runs()).toHaveLength(1);
  plugin.answer(formatAnswer({ token: "second", expirationTimestamp: "2030-01-01T01:00:00Z" }));
  host.advance(1);
  await Promise.all([fetch("/"), fetch("/"), fetch("/")]);
  expect(plugin.runs()).toHaveLength(2);
  expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer second");
});

test("a 401 runs the plugin again, and is given to the caller", async () => {
  const { open, statuses, server } = await createScene();
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "t" }));
  const { fetch } = open({ exec: createExec(plugin.command) });
  statuses.push(401);
  expect((await fetch("/")).status).toBe(401);
  expect(plugin.runs()).toHaveLength(2);
  expect((await fetch("/")).status).toBe(200);
  expect(plugin.runs()).toHaveLength(2);
  expect(server.requests).toHaveLength(2);
});

test("on demand a request is sent once more after a 401, and only once", async () => {
  const { open, statuses, server } = await createScene();
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "t" }));
  const { fetch } = open({ exec: createExec(plugin.command) }, { isRetriedAfterRefusal: true });
  statuses.push(401);
  expect((await fetch("/", { method: "POST", body: "{}" })).status).toBe(200);
  expect(server.requests).toHaveLength(2);
  statuses.push(401, 401, 401);
  expect((await fetch("/")).status).toBe(401);
  expect(server.requests).toHaveLength(4);
});

test("a server that answers 401 for ever is told after each request, with one run each", async () => {
  const { open, statuses } = await createScene();
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "t" }));
  const { fetch } = open({ exec: createExec(plugin.command) });
  statuses.push(...Array.from({ length: 10 }, () => 401));
  for (let count = 0; count < 5; count += 1) expect((await fetch("/")).status).toBe(401);
  expect(plugin.runs()).toHaveLength(6);
});

test("connections are used again, and shared by users of one TLS identity", async () => {
  const { open, server } = await createScene();
  for (const token of ["a", "b", "a", "b"]) {
    const response = await open({ token: new Secret(token) }).fetch("/");
    await response.text();
  }
  expect(new Set(server.requests.map(({ socket }) => socket.remotePort)).size).toBe(1);
});

test("a signal ends a request with its reason", async () => {
  const { open } = await createScene(() => {});
  const controller = new AbortController();
  const pending = open().fetch("/", { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(pending).rejects.toBe(reason);
});

test("an answer comes while it is written", async () => {
  let write = (_text: string): void => {};
  const { open } = await createScene((_, response) => {
    response.writeHead(200);
    response.write("one");
    write = (text) => void response.write(text);
  });
  const { body } = await open().fetch("/");
  const reader = body?.getReader();
  if (reader === undefined) throw new Error("no body came");
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("one");
  write("two");
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("two");
  await reader.cancel();
});

test("an authority that is not the cluster's is not trusted", async () => {
  const { server, host } = await createScene();
  const other = await createAuthority("another");
  const access = new ClusterAccess(host);
  const { fetch } = new Cluster(createConfig({ server: server.origin, certificateAuthority: { pem: other.certificatePem } }), access);
  await expect(fetch("/")).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
});

test("a server that is not there is unreachable", async () => {
  const { open, server } = await createScene();
  await server.close();
  await expect(open().fetch("/")).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE", retryable: true });
});

test.each([
  ["https://k.example", "", 'the context "test" names no user: nothing says who is asking https://k.example', "credentials"],
  ["https://k.example", "anna", 'the user "anna" has no credentials: nothing says who is asking https://k.example', "credentials"],
  ["http://k.example", "anna", "http://k.example is not https: no credentials are sent there, and nothing says who is asking", "https"],
])("where anonymous requests are refused, %s as %j is", async (server, name, message, wanted) => {
  const { host } = await createScene();
  expect(() => new Cluster(createConfig({ server }, { name }), new ClusterAccess(host), { isAnonymousRefused: true })).toThrow(
    expect.objectContaining({ code: "LOGIN_REQUIRED", message, hint: expect.stringContaining(wanted) }),
  );
});
