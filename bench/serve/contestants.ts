import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadTarget } from "./load.ts";
import { formatConfiguration, type ServeScene, type Setup, writeServeFolder } from "./scene.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ticksPerSecond = 100;

/** A webhook server that can be started. */
export interface Contestant {
  readonly name: string;
  start(scene: ServeScene, setup: Setup): Promise<RunningServer>;
}

/** One that runs. */
export interface RunningServer {
  readonly target: LoadTarget;
  /** Processor time that it has used, in seconds. */
  cpuSeconds(): number;
  /** Memory that it holds now, and at most held, in MiB. */
  memoryMib(): { readonly now: number; readonly most: number };
  stop(): Promise<void>;
}

function toRunning(child: ChildProcess, port: number, scene: ServeScene): RunningServer {
  const read = (name: string): string => readFileSync(`/proc/${child.pid}/${name}`, "utf8");
  const mib = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(read("status"))?.[1] ?? "0") / 1024;
  return {
    target: {
      port,
      authorityPem: scene.authorityPem,
      certificatePem: scene.client.certificatePem,
      privateKeyPem: scene.client.privateKeyPem,
    },
    cpuSeconds() {
      const fields = read("stat").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    memoryMib: () => ({ now: mib("VmRSS"), most: mib("VmHWM") }),
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function awaitPort(child: ChildProcess, stream: NodeJS.ReadableStream, pattern: RegExp): Promise<number> {
  let text = "";
  return await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${text}`)));
    stream.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      const port = pattern.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

function createKubepass(name: string, command: readonly [string, ...string[]]): Contestant {
  return {
    name,
    async start(scene, setup) {
      const [program, ...args] = command;
      const all = [...args, "serve", `--config=${writeServeFolder(scene, setup)}`];
      // Its decisions are written, as in earnest, but nobody reads them.
      const child = spawn(program, all, {
        cwd: root,
        stdio: ["ignore", "ignore", "pipe"],
        env: { PATH: process.env["PATH"], HOME: scene.folder },
      });
      return toRunning(child, await awaitPort(child, child.stderr, /\bport: (\d+)/), scene);
    },
  };
}

/** The genuine authenticator of kube-apiserver behind its genuine token cache; one processor, as we have. */
const oracle: Contestant = {
  name: "Go: k8s.io/apiserver",
  async start(scene, setup) {
    const keySets = Object.fromEntries(Array.from({ length: setup.issuers }, (_, index) => [scene.issuer(index), scene.keySet]));
    const question = {
      configuration: formatConfiguration(scene, setup),
      keySets,
      now: Date.now(),
      certificate: scene.server.certificatePem,
      key: scene.server.privateKeyPem,
      clientAuthority: scene.authorityPem,
      cacheSeconds: setup.cacheSeconds,
    };
    const child = spawn(join(root, "peers", "bin", "oracle"), ["serve"], { stdio: ["pipe", "pipe", "inherit"], env: { GOMAXPROCS: "1" } });
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return toRunning(child, await awaitPort(child, child.stdout, /"port":(\d+)/), scene);
  },
};

/** Everybody who takes part; `before` is another executable of kubepass to compare with. */
export function listContestants(before: string | undefined, withNode: boolean): readonly Contestant[] {
  const [executable, bundle] = [join(root, "dist", "kubepass"), join(root, "dist", "npm", "kubepass.js")];
  const others = before === undefined ? [] : [before];
  for (const path of [executable, bundle, join(root, "peers", "bin", "oracle"), ...others])
    if (!existsSync(path)) throw new Error(`${path} is missing: run npm run build and peers/build.sh oracle`);
  return [
    createKubepass("kubepass", [executable]),
    ...others.map((path) => createKubepass("kubepass before", [path])),
    ...(withNode ? [createKubepass("kubepass on Node", [process.execPath, bundle])] : []),
    oracle,
  ];
}
