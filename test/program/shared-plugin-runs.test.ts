import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import { createFolder, createPlugin, formatAnswer, type TestPlugin } from "@kubepass/kubeconfig/test-support";
import { createAuthority, startServer } from "@kubepass/network/test-support";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { bundle, makeUserFolder } from "./plugin-runner.ts";

const authority = createAuthority();
const program = makeUserFolder();
let programFile: string;

beforeAll(async () => {
  programFile = await bundle("ask-through-plugin.ts", program.path);
  return () => program.remove();
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  stderr(): string;
}

interface Scene {
  readonly folder: string;
  readonly store: string;
  /** What the server answers 401 to. */
  readonly refused: Set<string>;
  start(store?: string): Run;
}

function formatKubeconfig(server: string, authorityPem: string, command: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": Buffer.from(authorityPem).toString("base64") } }],
    users: [
      {
        name: "test",
        user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never" } },
      },
    ],
  });
}

/** A server that answers with the token it got, and processes of one user that ask it through a plugin. */
async function openScene(plugin: TestPlugin): Promise<Scene> {
  const trusted = await authority;
  const refused = new Set<string>();
  const server = await startServer(
    (request, response) => {
      const token = (request.headers.authorization ?? "").replace("Bearer ", "");
      response.writeHead(refused.has(token) ? 401 : 200).end(token);
    },
    await trusted.issue(),
  );
  onTestFinished(async () => await server.close());
  const folder = createFolder();
  const kubeconfig = join(folder, "config");
  writeFileSync(kubeconfig, formatKubeconfig(`https://127.0.0.1:${server.port}`, trusted.certificatePem, plugin.command));
  const store = join(folder, "store");
  const start = (place = store): Run => {
    const child = spawn(process.execPath, [programFile, place], {
      env: { KUBECONFIG: kubeconfig, HOME: folder, PATH: "/usr/bin:/bin" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
    return { child, ended: once(child, "close").then(() => ({ code: child.exitCode, ...said })), stderr: () => said.stderr };
  };
  return { folder, store, refused, start };
}

async function askAll(runs: readonly Run[]): Promise<readonly string[]> {
  const outcomes = await Promise.all(runs.map(async (run) => await run.ended));
  return outcomes.map(({ code, stdout, stderr }) => (code === 0 ? stdout : `exit ${code}: ${stderr}`));
}

/** A plugin whose token tells which of its runs made it. */
function createCountingPlugin(before = ""): TestPlugin {
  const folder = createFolder();
  const count = join(folder, "count");
  const answer = JSON.stringify(formatAnswer({ token: "run-%d", expirationTimestamp: "2999-01-01T00:00:00Z" }));
  return createPlugin(`echo x >>'${count}'; ${before}\nprintf '${answer}' "$(wc -l <'${count}')"`);
}

test("processes that start at once with an empty store run the plugin once", async () => {
  const plugin = createCountingPlugin("sleep 0.2");
  const scene = await openScene(plugin);
  const answers = await askAll(Array.from({ length: 8 }, () => scene.start()));
  expect(new Set(answers)).toEqual(new Set(["run-1"]));
  expect(plugin.runs()).toHaveLength(1);
  expect(await askAll([scene.start()])).toEqual(["run-1"]);
});

test("processes whose credential was refused run the plugin once more, all together", async () => {
  const plugin = createCountingPlugin();
  const scene = await openScene(plugin);
  expect(await askAll([scene.start()])).toEqual(["run-1"]);
  scene.refused.add("run-1");
  const answers = await askAll(Array.from({ length: 5 }, () => scene.start()));
  expect(new Set(answers)).toEqual(new Set(["run-2"]));
  expect(plugin.runs()).toHaveLength(2);
});

test("when the process that runs the plugin is killed, one of those who wait runs it", async () => {
  const gate = join(createFolder(), "gate");
  const plugin = createCountingPlugin(`while [ ! -e '${gate}' ]; do sleep 0.05; done`);
  const scene = await openScene(plugin);
  const holder = scene.start();
  await waitUntil(() => plugin.runs().length === 1);
  const others = Array.from({ length: 4 }, () => scene.start());
  await waitUntil(() => others.every((run) => run.stderr().includes(`process ${holder.child.pid} runs`)));
  holder.child.kill("SIGKILL");
  await waitUntil(() => plugin.runs().length === 2);
  writeFileSync(gate, "");
  expect(new Set(await askAll(others))).toEqual(new Set(["run-2"]));
  expect(plugin.runs()).toHaveLength(2);
});

test("what is kept is for the user alone", async () => {
  const scene = await openScene(createCountingPlugin());
  await askAll([scene.start()]);
  for (const name of ["", "credentials", "locks"]) expect(statSync(join(scene.store, name)).mode & 0o777).toBe(0o700);
  const [file = ""] = readdirSync(join(scene.store, "credentials"));
  expect(file).toMatch(/^[0-9a-f]{64}\.json$/);
  expect(statSync(join(scene.store, "credentials", file)).mode & 0o777).toBe(0o600);
});

test.each<[string, (scene: Scene) => string]>([
  ["open to others", ({ store }) => (mkdirSync(store), chmodSync(store, 0o755), store)],
  ["a link", ({ store, folder }) => (mkdirSync(join(folder, "aim"), { mode: 0o700 }), symlinkSync(join(folder, "aim"), store), store)],
  ["a file", ({ store }) => (writeFileSync(store, ""), store)],
  ["below a file", ({ store }) => (writeFileSync(store, ""), join(store, "deeper"))],
])("a store that is %s keeps nothing: each process runs the plugin, with one warning", async (_, spoil) => {
  const plugin = createCountingPlugin();
  const scene = await openScene(plugin);
  const store = spoil(scene);
  const outcomes = [await scene.start(store).ended, await scene.start(store).ended];
  expect(outcomes.map(({ stdout }) => stdout)).toEqual(["run-1", "run-2"]);
  for (const { stderr } of outcomes) {
    expect(stderr).toMatch(/^kubeconfig: the credential store cannot be used, so that the plugin runs more often: .+\n$/);
  }
});

test("a file of the store that others can read is not believed", async () => {
  const plugin = createCountingPlugin();
  const scene = await openScene(plugin);
  await askAll([scene.start()]);
  const credentials = join(scene.store, "credentials");
  const [file = ""] = readdirSync(credentials);
  chmodSync(join(credentials, file), 0o644);
  const { stdout, stderr } = await scene.start().ended;
  expect(stdout).toBe("run-2");
  expect(stderr).toContain("is open to other users");
  // Replaced by one that nobody could have read.
  expect(await askAll([scene.start()])).toEqual(["run-2"]);
});

test("a damaged file of the store is dropped", async () => {
  const plugin = createCountingPlugin();
  const scene = await openScene(plugin);
  await askAll([scene.start()]);
  const credentials = join(scene.store, "credentials");
  const [file = ""] = readdirSync(credentials);
  const path = join(credentials, file);
  writeFileSync(path, readFileSync(path, "utf8").slice(0, 100));
  expect(await askAll([scene.start(), scene.start()])).toEqual(["run-2", "run-2"]);
  expect(plugin.runs()).toHaveLength(2);
});

test("the whole store may be removed at any time, also while a plugin runs", async () => {
  const gate = join(createFolder(), "gate");
  const plugin = createCountingPlugin(`while [ ! -e '${gate}' ]; do sleep 0.05; done`);
  const scene = await openScene(plugin);
  const run = scene.start();
  await waitUntil(() => plugin.runs().length === 1);
  rmSync(scene.store, { recursive: true });
  writeFileSync(gate, "");
  expect(await run.ended).toEqual({ code: 0, stdout: "run-1", stderr: "" });
  expect(await askAll([scene.start()])).toEqual(["run-1"]);
});
