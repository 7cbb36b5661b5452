import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, startTlsServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import type { ResolvedUser } from "../resolved-config.ts";
import {
  createConfig,
  createExec,
  createFolder,
  createTestClientHost,
  type TestClientHost,
  waitUntil,
} from "../test-support/client-scene.ts";
import { ClusterAccess } from "./cluster-access.ts";
import { Cluster } from "./cluster.ts";

interface Scene {
  readonly host: TestClientHost;
  readonly access: ClusterAccess;
  readonly connections: { open: number; requests: number };
  open(user: Partial<ResolvedUser>, isRetriedAfterRefusal: boolean): Cluster;
}

const authority = createAuthority();

/** A server that answers 401, whatever is asked. */
async function createScene(): Promise<Scene> {
  const trusted = await authority;
  const connections = { open: 0, requests: 0 };
  const server = await startTlsServer(await trusted.issue(), {}, (socket) => {
    connections.open += 1;
    socket.once("close", () => (connections.open -= 1));
    socket.on("data", () => {
      connections.requests += 1;
      socket.write("HTTP/1.1 401 Unauthorized\r\ncontent-length: 4\r\n\r\nno! ");
    });
  });
  const host = createTestClientHost();
  const access = new ClusterAccess(host);
  onTestFinished(() => access.close());
  const place = { server: server.origin, certificateAuthority: { pem: trusted.certificatePem } };
  return {
    host,
    access,
    connections,
    open: (user, isRetriedAfterRefusal) => new Cluster(createConfig(place, user), access, { isRetriedAfterRefusal }),
  };
}

/** A plugin that notes the id of each of its processes. */
function createCountedPlugin(): { readonly user: Partial<ResolvedUser>; processes(): readonly number[] } {
  const folder = createFolder();
  const [command, log] = [join(folder, "plugin"), join(folder, "processes")];
  const answer = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: "t" } };
  writeFileSync(command, `#!/bin/sh\necho $$ >>'${log}'\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  return { user: { exec: createExec(command) }, processes: () => readFileSync(log, "utf8").trim().split("\n").map(Number) };
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

async function expectNothingLeft({ access, host, connections }: Scene): Promise<void> {
  access.close();
  await waitUntil(() => connections.open === 0);
  await waitUntil(() => host.scheduled().length === 0);
}

test.each([
  ["once each", false, 5],
  ["twice each, where that is wanted", true, 10],
])("a server that refuses for ever gives its 401 to the caller, asked %s, and nothing stays running", async (_, isRetried, requests) => {
  const scene = await createScene();
  const plugin = createCountedPlugin();
  const cluster = scene.open(plugin.user, isRetried);
  for (let count = 0; count < 5; count += 1) {
    const response = await cluster.fetch("/", { method: "POST", body: "{}" });
    expect([response.status, await response.text()]).toEqual([401, "no! "]);
  }
  expect(scene.connections.requests).toBe(requests);
  // One before the first request, and one for each that was refused.
  expect(plugin.processes()).toHaveLength(6);
  expect(plugin.processes().filter((id) => isRunning(id))).toEqual([]);
  await expectNothingLeft(scene);
});

test("a crowd that is refused shares the next credential, and each gets its 401", async () => {
  const scene = await createScene();
  const plugin = createCountedPlugin();
  const cluster = scene.open(plugin.user, false);
  const responses = await Promise.all(Array.from({ length: 20 }, async () => await cluster.fetch("/")));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([401]));
  await Promise.all(responses.map(async (response) => await response.text()));
  expect(plugin.processes().length).toBeLessThanOrEqual(21);
  expect(plugin.processes().filter((id) => isRunning(id))).toEqual([]);
  await expectNothingLeft(scene);
});

test.each<[string, Partial<ResolvedUser>]>([
  ["a token", { token: new Secret("t") }],
  ["a user name", { username: "u", password: new Secret("p") }],
  ["nothing", {}],
])("with %s a refusal is final: nothing is asked twice", async (_, user) => {
  const scene = await createScene();
  const cluster = scene.open(user, true);
  for (let count = 0; count < 3; count += 1) {
    const response = await cluster.fetch("/");
    expect([response.status, await response.text()]).toEqual([401, "no! "]);
  }
  expect(scene.connections.requests).toBe(3);
  await expectNothingLeft(scene);
});

test("an upgrade that is refused for ever is CLUSTER_UNAUTHORIZED each time, and leaves no connection", async () => {
  const scene = await createScene();
  const plugin = createCountedPlugin();
  const cluster = scene.open(plugin.user, false);
  for (let count = 0; count < 3; count += 1) await expect(cluster.upgrade("/exec")).rejects.toMatchObject({ code: "CLUSTER_UNAUTHORIZED" });
  expect(plugin.processes()).toHaveLength(4);
  expect(plugin.processes().filter((id) => isRunning(id))).toEqual([]);
  // Each had a connection of its own, which is no use to anybody else.
  await waitUntil(() => scene.connections.open === 0);
  await expectNothingLeft(scene);
});
