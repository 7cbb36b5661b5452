import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "@kubepass/plugin-sdk";
import { createFakeHost, waitUntil } from "@kubepass/plugin-sdk/testing";
import { ClusterAccess, createClientHost, createClusterFetch, loadConfig } from "@kubepass/kubeconfig";
import { expect, onTestFinished, test } from "vitest";
import { createInvocationHost } from "./client-host.ts";
import { createServeAccess } from "./serve-access.ts";
import { testRuntime } from "./test-support/run-in-process.ts";

interface StubbornScene {
  readonly host: ReturnType<typeof createFakeHost>;
  readonly kubeconfig: string;
  /** The process that the plugin has started; `undefined` until it runs. */
  findChild(): number | undefined;
}

/** A kubeconfig whose plugin starts a program that outlives it: neither SIGTERM, nor SIGHUP, nor its parent's end moves it. */
function createStubbornScene(): StubbornScene {
  const host = createFakeHost();
  onTestFinished(() => host.remove());
  const [folder, noted] = [join(host.root, "plugin"), join(host.root, "child")];
  mkdirSync(folder);
  const [child, plugin, kubeconfig] = [join(folder, "child"), join(folder, "plugin"), join(folder, "config")];
  writeFileSync(child, `#!/bin/sh\ntrap '' TERM HUP\necho $$ >'${noted}.new'; mv '${noted}.new' '${noted}'\nwhile :; do sleep 1; done\n`);
  writeFileSync(plugin, `#!/bin/sh\n'${child}' >/dev/null 2>&1 &\nwait\n`);
  for (const script of [child, plugin]) chmodSync(script, 0o755);
  const exec = `{apiVersion: client.authentication.k8s.io/v1, command: "${plugin}", interactiveMode: Never}`;
  writeFileSync(
    kubeconfig,
    `clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\nusers: [{name: u, user: {exec: ${exec}}}]\n` +
      "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
  );
  return { host, kubeconfig, findChild: () => (existsSync(noted) ? Number(readFileSync(noted, "utf8")) : undefined) };
}

function isRunning(id: number): boolean {
  try {
    // A process that has ended and was not waited for is still in the table.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${id}/status`, "utf8"));
  } catch {
    return false;
  }
}

type Ask = (scene: StubbornScene, signal: AbortSignal) => Promise<unknown>;

const askAsPerson: Ask = async ({ host, kubeconfig }, signal) => {
  const client = createInvocationHost({ host, runtime: testRuntime });
  const access = new ClusterAccess(client);
  return await createClusterFetch(loadConfig(host.environment, { path: kubeconfig }), access)("/version", { signal });
};

const askAsServer: Ask = async ({ host, kubeconfig }, signal) => {
  const connection = createServeAccess(host, testRuntime).connectCluster?.({ kubeconfig, master: "" });
  return await connection?.get("/version", signal);
};

test.skipIf(process.platform !== "linux").each([
  ["a person's commands", askAsPerson],
  ["serve", askAsServer],
] as const)("a plugin that is stopped leaves nothing behind in %s", async (_, ask) => {
  const scene = createStubbornScene();
  const controller = new AbortController();
  const asked = ask(scene, controller.signal).then(
    () => "answered",
    (error: unknown) => error,
  );
  await waitUntil(() => scene.findChild() !== undefined);
  const child = scene.findChild() ?? 0;
  expect(isRunning(child)).toBe(true);
  const reason = new Error("enough");
  controller.abort(reason);
  expect(await asked).toBe(reason);
  await waitUntil(() => !isRunning(child));
});

test.skipIf(process.platform === "win32").each([
  ["a person's commands", askAsPerson],
  ["serve", askAsServer],
] as const)("a plugin does not inherit what was chosen for our core dumps in %s", async (_, ask) => {
  const scene = createStubbornScene();
  const plugin = join(scene.host.root, "plugin", "plugin");
  writeFileSync(plugin, "#!/bin/sh\nexit 1\n");
  const started: unknown[] = [];
  const startUnchanged: Host["startUnchanged"] = (start) => {
    const child = start();
    started.push(child);
    return child;
  };
  const asked = ask({ ...scene, host: { ...scene.host, startUnchanged } }, new AbortController().signal);
  await expect(asked).rejects.toMatchObject({ code: "PLUGIN_FAILED" });
  expect(started).toMatchObject([{ spawnfile: plugin }]);
});

test.each([
  ["node", "20.19.0", { node: "20.19.0" }],
  ["bun", "1.4.4", { node: "24.3.0", bun: "1.4.4" }],
  ["bun", "1.4.5", { node: "24.3.0", bun: "1.4.5" }],
] as const)("commands under %s %s speak the version of HTTP that the library speaks", (name, version, versions) => {
  const host = createFakeHost();
  onTestFinished(() => host.remove());
  const client = createInvocationHost({ host, runtime: { ...testRuntime, name, version } });
  const running = Object.create(process, { versions: { value: versions } });
  expect(client.canSpeakHttp2).toBe(createClientHost(running).canSpeakHttp2);
});
