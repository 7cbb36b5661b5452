import { openAsBlob, writeFileSync } from "node:fs";
import { performServerHandshake, type ServerHttp2Stream } from "node:http2";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, startServer, startTlsServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import { createConfig, createFolder, createTestClientHost } from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

const authority = createAuthority();
const protocols = createTestClientHost().canSpeakHttp2 ? (["h2", "http/1.1"] as const) : (["http/1.1"] as const);

interface Scene {
  readonly cluster: Cluster;
  /** The bodies that came whole. */
  readonly whole: string[];
}

/** A server that answers once a body has come whole. */
async function createScene(protocol: "h2" | "http/1.1"): Promise<Scene> {
  const trusted = await authority;
  const whole: string[] = [];
  const certificate = await trusted.issue();
  const receive = (body: Readable, answer: () => void): void => {
    const chunks: Buffer[] = [];
    body.on("error", () => {});
    body.on("data", (chunk: Buffer) => chunks.push(chunk));
    body.once("end", () => {
      // Node ends a stream of HTTP/2 that the other side has given up.
      if (body.destroyed) return;
      whole.push(Buffer.concat(chunks).toString());
      answer();
    });
  };
  const answerHttp2 = (stream: ServerHttp2Stream): void => receive(stream, () => stream.respond({ ":status": 200 }, { endStream: true }));
  const server =
    protocol === "h2"
      ? await startTlsServer(certificate, { ALPNProtocols: ["h2"] }, (socket) => {
          performServerHandshake(socket)
            .on("error", () => {})
            .on("stream", answerHttp2);
        })
      : await startServer((request, response) => receive(request, () => response.end()), certificate);
  const access = new ClusterAccess(createTestClientHost(protocol === "h2" ? {} : { DISABLE_HTTP2: "1" }));
  onTestFinished(() => access.close());
  const place = { server: `https://127.0.0.1:${server.port}`, certificateAuthority: { pem: trusted.certificatePem } };
  return { cluster: new Cluster(createConfig(place, { token: new Secret("t") }), access), whole };
}

/** A body that says something, and then what becomes of it. */
function createBody(onBegun: (body: Readable) => void): Readable {
  let isBegun = false;
  return new Readable({
    read() {
      if (isBegun) return onBegun(this);
      isBegun = true;
      return void this.push("begun");
    },
  });
}

async function post({ cluster }: Scene, body: unknown): Promise<unknown> {
  const init: RequestInit = { method: "POST", body: body as NonNullable<RequestInit["body"]> };
  return await cluster.fetch("/", init).then(
    ({ status }) => status,
    (error: unknown) => error,
  );
}

const early = new Error("the body of the request was destroyed before its end");

test.each(protocols)("a body that is destroyed before its end ends the request, which says so: %s", async (protocol) => {
  const scene = await createScene(protocol);
  expect(
    await post(
      scene,
      createBody((body) => body.destroy()),
    ),
  ).toEqual(early);
  const gone = createBody(() => {});
  gone.destroy();
  expect(await post(scene, gone)).toEqual(early);
  expect(await post(scene, Readable.from(["whole"]))).toBe(200);
  expect(scene.whole).toEqual(["whole"]);
});

test.each(protocols)("what breaks a body is told as it is, and not as a broken connection: %s", async (protocol) => {
  const scene = await createScene(protocol);
  const reason = new Error("the disk is on fire");
  expect(
    await post(
      scene,
      createBody((body) => body.destroy(reason)),
    ),
  ).toBe(reason);
  expect(scene.whole).toEqual([]);
});

// Bun keeps what the file held.
test.skipIf(Reflect.has(globalThis, "Bun")).each(protocols)("nor is a file that has changed since it was chosen: %s", async (protocol) => {
  const scene = await createScene(protocol);
  const file = join(createFolder(), "body");
  writeFileSync(file, "as it was");
  const blob = await openAsBlob(file);
  expect(await post(scene, blob)).toBe(200);
  writeFileSync(file, "as it is now, which is longer");
  expect(await post(scene, blob)).toMatchObject({ name: "NotReadableError" });
  expect(scene.whole).toEqual(["as it was"]);
});
