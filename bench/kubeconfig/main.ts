import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KubeConfig } from "client-node-v1";
import { loadConfig } from "@kubepass/kubeconfig";
import { load as loadYaml } from "js-yaml";
import { parse as parseYaml } from "yaml";
import { kubepass } from "../scene.ts";
import { summarize } from "../statistics.ts";
import { writeKubeconfig } from "./write-kubeconfig.ts";

// node --conditions=@kubepass/source --import tsx bench/kubeconfig/main.ts [--runs=20]
const { values } = parseArgs({ options: { runs: { type: "string", default: "20" } } });
const runs = Number(values.runs);
const print = (text = ""): void => console.log(text);
const kubectl = join(import.meta.dirname, "..", "..", "peers", "bin", "kubectl");

/** Something that takes time, by its name. */
interface Job {
  readonly name: string;
  readonly run: () => void;
}

function measure(jobs: readonly Job[], turns: number): void {
  for (const { run } of jobs) run();
  const times = jobs.map((job) => ({ job, walls: [] as number[] }));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const { job, walls } of times) {
      const startedMs = performance.now();
      job.run();
      walls.push(performance.now() - startedMs);
    }
  }
  print("| what | median ms | 5 % | 95 % | this / last row |\n|---|---:|---:|---:|---:|");
  const summaries = times.map(({ job, walls }) => ({ name: job.name, ...summarize(walls) }));
  const last = summaries.at(-1)?.median ?? Number.NaN;
  for (const { name, median, fast, slow } of summaries)
    print(`| ${name} | ${median.toFixed(1)} | ${fast.toFixed(1)} | ${slow.toFixed(1)} | ${(median / last).toFixed(2)} |`);
}

function runProgram(program: string, args: readonly string[], kubeconfig: string): void {
  const { status, stderr } = spawnSync(program, args, {
    env: { KUBECONFIG: kubeconfig, HOME: "/nowhere" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.toString("utf8").slice(-500)}`);
}

function loadWithClientNode(path: string): void {
  const config = new KubeConfig();
  config.loadFromFile(path);
  if (config.getCurrentCluster() === null) throw new Error("client-node found no cluster");
}

for (const program of [kubepass, kubectl])
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build, peers/build.sh kubectl`);
const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-kubeconfig-"));
try {
  for (const count of [10, 1000, 10_000]) {
    const path = writeKubeconfig(folder, count);
    const turns = count > 1000 ? Math.ceil(runs / 4) : runs;
    const environment = { variables: { KUBECONFIG: path }, platform: process.platform };
    const text = readFileSync(path, "utf8");
    print(`\n## ${count} contexts, ${(statSync(path).size / 1e6).toFixed(2)} MB\n\nWhole process:\n`);
    const whole = (name: string, program: string, ...args: readonly string[]): Job => ({
      name,
      run: () => runProgram(program, args, path),
    });
    measure(
      [
        whole("`kubepass kubeconfig view --minify`", kubepass, "kubeconfig", "view", "--minify"),
        whole("`kubepass kubeconfig view`", kubepass, "kubeconfig", "view"),
        whole("`kubectl config view --minify`", kubectl, "config", "view", "--minify"),
        whole("`kubectl config view`", kubectl, "config", "view"),
      ],
      turns,
    );
    print("\nIn process (Node), load and resolve one context:\n");
    measure(
      [
        { name: "@kubepass/kubeconfig", run: () => void loadConfig(environment) },
        { name: "@kubernetes/client-node (load, no merge)", run: () => loadWithClientNode(path) },
        // Takes most of a minute at 10,000.
        ...(count > 1000 ? [] : [{ name: "yaml, bare parse", run: () => void parseYaml(text) }]),
        { name: "js-yaml, bare parse", run: () => void loadYaml(text) },
      ],
      count > 1000 ? 3 : Math.ceil(turns / 2),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
