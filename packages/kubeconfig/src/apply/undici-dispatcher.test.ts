import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, startServer, type TestServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import { createConfig, createTestClientHost } from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";
import { type DispatchController, UndiciDispatcher } from "./undici-dispatcher.ts";

// What undici 8 does with a dispatcher; undici itself needs a newer Node than this project does.
function dispatch(
  dispatcher: UndiciDispatcher,
  origin: string,
  body?: unknown,
  onStart?: (flow: DispatchController) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const heard: string[] = [];
    dispatcher.dispatch(
      { origin, path: "/api?x=1", method: body === undefined ? "GET" : "POST", headers: { accept: "application/json" }, body },
      {
        onRequestStart: (flow) => onStart?.(flow),
        onResponseStart: (flow, status, headers) => {
          const raw = flow.rawHeaders.map((bytes) => bytes.toString("latin1").toLowerCase());
          heard.push(`${status} ${String(headers["x-test"])} ${raw[raw.indexOf("x-test") + 1]}`);
        },
        onResponseData: (_, chunk) => void heard.push(chunk.toString()),
        onResponseEnd: () => resolve(heard.join("|")),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

async function createScene(): Promise<{ readonly server: TestServer; readonly dispatcher: UndiciDispatcher }> {
  const trusted = await createAuthority();
  const server = await startServer(
    (request, response) => {
      response.setHeader("x-test", "yes");
      request.pipe(response);
    },
    await trusted.issue(),
  );
  const access = new ClusterAccess(createTestClientHost());
  onTestFinished(() => access.close());
  const config = createConfig({ server: server.origin, certificateAuthority: { pem: trusted.certificatePem } }, { token: new Secret("t") });
  return { server, dispatcher: new UndiciDispatcher(new Cluster(config, access)) };
}

test("a dispatched request is authenticated, and its answer handed on as it comes", async () => {
  const { server, dispatcher } = await createScene();
  const body = (async function* () {
    yield "one ";
    yield "two";
  })();
  expect(await dispatch(dispatcher, server.origin, body)).toMatch(/^200 yes yes\|one \|?two$/);
  expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer t", accept: "application/json" });
  expect(server.requests[0]?.url).toBe("/api?x=1");
});

test("another origin gets nothing", async () => {
  const { server, dispatcher } = await createScene();
  await expect(dispatch(dispatcher, "https://elsewhere.example")).rejects.toMatchObject({ code: "POLICY_REFUSED" });
  const body = new Readable({ read() {} });
  await expect(dispatch(dispatcher, "https://elsewhere.example", body)).rejects.toMatchObject({ code: "POLICY_REFUSED" });
  expect(body.destroyed).toBe(true);
  expect(server.requests).toEqual([]);
});

test("an aborted request ends with its reason", async () => {
  const { server, dispatcher } = await createScene();
  const abort = (flow: DispatchController): void => flow.abort(new Error("enough"));
  await expect(dispatch(dispatcher, server.origin, undefined, abort)).rejects.toThrow("enough");
});
