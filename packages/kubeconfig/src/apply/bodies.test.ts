import { gzipSync } from "node:zlib";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { isCredentialError } from "@kubepass/wire";
import { createAuthority, type Responder, startServer, type TestServer } from "@kubepass/network/test-support";
import type { ResolvedCluster } from "../resolved-config.ts";
import { createConfig, createExec, createPlugin, createTestClientHost, formatAnswer } from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

interface Received {
  readonly type: string | undefined;
  readonly body: string;
}

interface Scene {
  readonly server: TestServer;
  readonly received: Received[];
  /** Status of each answer to come; 200 when there is none left. */
  readonly statuses: number[];
}

const authority = createAuthority();

// A form's parts are divided by a text that is made anew for each form.
function withoutBoundary(text: string): string {
  return text.replaceAll(/-{2,}\w*formdata-[\w-]*\w/gi, "BOUNDARY");
}

async function startRecorder(isSecure: boolean): Promise<Scene> {
  const received: Received[] = [];
  const statuses: number[] = [];
  const server = await startServer(
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const type = request.headers["content-type"];
        received.push({ type: type && withoutBoundary(type), body: withoutBoundary(Buffer.concat(chunks).toString("latin1")) });
        response.writeHead(statuses.shift() ?? 200).end();
      });
    },
    isSecure ? await (await authority).issue() : undefined,
  );
  return { server, received, statuses };
}

async function open(server: TestServer, more: Partial<ResolvedCluster> = {}): Promise<Cluster> {
  const access = new ClusterAccess(createTestClientHost());
  onTestFinished(() => access.close());
  const plugin = createPlugin();
  plugin.answer(formatAnswer({ token: "t" }));
  const cluster = { server: server.origin, certificateAuthority: { pem: (await authority).certificatePem }, ...more };
  return new Cluster(createConfig(cluster, { exec: createExec(plugin.command) }), access, { isRetriedAfterRefusal: true });
}

const bytes = new Uint8Array([0, 1, 2, 253, 254, 255, 65, 66]);

function createForm(): FormData {
  const form = new FormData();
  form.append("name", "größe");
  form.append('line\nand "quote"', "one\ntwo\rthree\r\nfour");
  form.append("name", "again");
  form.append("file", new Blob(["content"], { type: "text/css" }), "a.css");
  form.append("unnamed", new Blob([bytes]));
  form.append("odd", new File(["x"], 'ä"\n.txt'));
  return form;
}

async function* iterate(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("one ");
  yield Buffer.from("two");
}

type Body = NonNullable<RequestInit["body"]>;

const bodies: readonly (readonly [name: string, create: () => Body, canBeSentAgain: boolean])[] = [
  ["a text", () => "größe", true],
  ["an empty text", () => "", true],
  ["parameters of a URL", () => new URLSearchParams({ "a b": "c&d", e: "ü" }), true],
  ["bytes", () => bytes, true],
  ["a part of a buffer", () => Buffer.from(bytes).subarray(2, 5), true],
  ["an array buffer", () => bytes.slice().buffer, true],
  ["numbers of two bytes", () => new Uint16Array([1, 65_535]), true],
  ["a view", () => new DataView(bytes.buffer, 3, 4), true],
  ["a blob with a type", () => new Blob(["one", "two"], { type: "application/json" }), true],
  ["a blob without one", () => new Blob([bytes]), true],
  ["a file", () => new File(["body{}"], "a.css", { type: "text/css" }), true],
  ["a form", createForm, true],
  ["an empty form", () => new FormData(), true],
  ["a stream", () => new Blob(["streamed"]).stream(), false],
  ["what is iterated", () => iterate(), false],
];

// Bun's own fetch sends other types.
test.skipIf(Reflect.has(globalThis, "Bun")).each(bodies)("%s arrives as the standard fetch sends it, with its type", async (_, create) => {
  const [standard, ours] = [await startRecorder(false), await startRecorder(true)];
  const init = (): RequestInit => ({ method: "POST", body: create(), duplex: "half" });
  await fetch(standard.server.origin, init());
  await (await open(ours.server)).fetch("/", init());
  expect(ours.received).toEqual(standard.received);
  await (await open(ours.server)).fetch("/", { ...init(), headers: { "Content-Type": "application/merge-patch+json" } });
  expect(ours.received[1]?.type).toBe("application/merge-patch+json");
});

test.each(bodies)("after a 401 %s is sent again where that can be", async (_, create, canBeSentAgain) => {
  const { server, received, statuses } = await startRecorder(true);
  const cluster = await open(server);
  statuses.push(401);
  const response = await cluster.fetch("/", { method: "POST", body: create() });
  expect(response.status).toBe(canBeSentAgain ? 200 : 401);
  const [first] = received;
  expect(received).toEqual(canBeSentAgain ? [first, first] : [first]);
});

const ends: readonly (readonly [name: string, respond: (giveUp: () => void) => Responder, outcome: RegExp])[] = [
  ["the server hangs up", () => (request) => void request.socket.destroy(), /^CLUSTER_UNREACHABLE$/],
  // Its answer may be lost with the connection.
  [
    "the server answers at once",
    () => (_, response) => void response.writeHead(413, { connection: "close" }).end(),
    /^(?:413|CLUSTER_UNREACHABLE)$/,
  ],
  ["the request is given up", (giveUp) => giveUp, /^given up$/],
];

/** A stream without an end, and when nobody reads it any more. */
function createEndless(): { readonly body: ReadableStream; readonly gone: Promise<void> } {
  let letGo = (): void => {};
  const gone = new Promise<void>((resolve) => (letGo = resolve));
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)), cancel: () => letGo() });
  return { body, gone };
}

async function tellOutcome(asked: Promise<Response>): Promise<string> {
  try {
    return String((await asked).status);
  } catch (error) {
    return isCredentialError(error) ? error.code : String(error);
  }
}

test.each(ends)("a body that has no end is let go when %s", async (_, respond, outcome) => {
  const controller = new AbortController();
  const server = await startServer(
    respond(() => controller.abort("given up")),
    await (await authority).issue(),
  );
  const { body, gone } = createEndless();
  const asked = (await open(server)).fetch("/", { method: "POST", body, signal: controller.signal });
  await gone;
  expect(await tellOutcome(asked)).toMatch(outcome);
});

test("a body that nobody has begun to read is let go when there is no credential, or no server", async () => {
  const { server } = await startRecorder(true);
  const unserved = await open(server, { server: "https://127.0.0.1:1" });
  const access = new ClusterAccess(createTestClientHost());
  const unknown = new Cluster(createConfig({ server: server.origin }, { exec: createExec("/nowhere/plugin") }), access);
  const outcomes: string[] = [];
  for (const cluster of [unserved, unknown]) {
    const { body, gone } = createEndless();
    const asked = cluster.fetch("/", { method: "POST", body });
    outcomes.push(await tellOutcome(asked));
    await gone;
  }
  expect(outcomes).toEqual(["CLUSTER_UNREACHABLE", "PLUGIN_NOT_FOUND"]);
});

test("a body is let go, as a stream of either kind and as that of a request, when its request is refused", async () => {
  const { server, received } = await startRecorder(true);
  const cluster = await open(server);
  const elsewhere = "https://elsewhere.example/";
  const [own, second] = [createEndless(), createEndless()];
  const stream = new Readable({ read() {} });
  const asked = [
    () => cluster.fetch(elsewhere, { method: "POST", body: own.body }),
    () => cluster.fetch(new Request(elsewhere, { method: "POST", body: second.body, duplex: "half" })),
    () => cluster.fetch(elsewhere, { method: "POST", body: stream as unknown as Body }),
  ];
  for (const ask of asked) expect(await tellOutcome(ask())).toBe("POLICY_REFUSED");
  await Promise.all([own.gone, second.gone]);
  expect(stream.destroyed).toBe(true);
  const third = createEndless();
  expect(await tellOutcome(cluster.fetch("/", { method: "POST", body: third.body, headers: 7 as unknown as Headers }))).toMatch(
    /^TypeError/,
  );
  await third.gone;
  expect(received).toEqual([]);
});

const long = "compressed ".repeat(5_000);

/** A server that compresses for whoever takes it, or whatever is asked for, and says what was asked. */
const compress: Responder = (request: IncomingMessage, response) => {
  const wanted = String(request.headers["accept-encoding"]);
  const whole = gzipSync(`${wanted} ${long}`);
  const path = request.url ?? "";
  if (wanted === "undefined" && path !== "/always") return void response.end(`${wanted} ${long}`);
  response.setHeader("content-encoding", path === "/name" ? "GZIP" : "gzip");
  if (path === "/none") return void response.writeHead(204).end();
  if (path === "/empty") return void response.end();
  if (path === "/half") return void response.end(whole.subarray(0, whole.length / 2));
  if (path === "/not") return void response.end("this is not compressed");
  return void response.end(path === "/twice" ? Buffer.concat([whole, gzipSync("more")]) : whole);
};

async function startCompressing(more: Partial<ResolvedCluster> = {}): Promise<Cluster> {
  return await open(await startServer(compress, await (await authority).issue()), more);
}

test("a compressed answer is asked for, and read as what it is", async () => {
  const { fetch } = await startCompressing();
  const response = await fetch("/");
  expect(await response.text()).toBe(`gzip ${long}`);
  expect([response.headers.get("content-encoding"), response.headers.get("content-length")]).toEqual([null, null]);
  expect(await (await fetch("/name")).text()).toBe(`gzip ${long}`);
  expect(await (await fetch("/twice")).text()).toBe(`gzip ${long}more`);
  expect(await (await fetch("/empty")).text()).toBe("");
  const none = await fetch("/none");
  expect([none.status, await none.text()]).toEqual([204, ""]);
});

test.each([
  ["/half", /unexpected end of file/],
  ["/not", /incorrect header check/],
])("a compressed answer that is broken is not taken for a whole one: %s", async (path, message) => {
  const { fetch } = await startCompressing();
  const read = async (): Promise<number> => (await (await fetch(path)).text()).length;
  await expect(read()).rejects.toThrow(message);
});

test("with disable-compression nothing compressed is asked for, and nothing is decompressed", async () => {
  const { fetch } = await startCompressing({ disableCompression: true });
  expect(await (await fetch("/")).text()).toBe(`undefined ${long}`);
  const response = await fetch("/always");
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect(Buffer.from(await response.arrayBuffer())).toEqual(gzipSync(`undefined ${long}`));
});

test("who asks for an encoding gets it as it is, and so does who asks for a part or for the head", async () => {
  const { fetch } = await startCompressing();
  const own = await fetch("/", { headers: { "Accept-Encoding": "gzip" } });
  expect(own.headers.get("content-encoding")).toBe("gzip");
  expect(Buffer.from(await own.arrayBuffer())).toEqual(gzipSync(`gzip ${long}`));
  expect(await (await fetch("/", { headers: { Range: "bytes=0-" } })).text()).toBe(`undefined ${long}`);
  expect((await fetch("/", { method: "HEAD" })).headers.get("content-encoding")).toBeNull();
});
