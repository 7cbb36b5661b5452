// `npm run bench:requests`: 200 GETs one after the other and 1,000 at once, over TLS, with an exec plugin: our client, client-node,
// client-go and bare node:http2 against one server, in turns.
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { isJsonObject } from "@kubepass/wire";
import { type CountingServer, startCountingServer } from "./server.ts";

interface Measured {
  readonly firstMs: number;
  readonly sequentialMs: number;
  readonly concurrentMs: number;
  readonly peakKb: number;
}

interface Row extends Measured {
  readonly name: string;
  readonly handshakes: number;
  readonly runs: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const rounds = 5;
const run = promisify(execFile);

function prepare(folder: string, server: CountingServer): { readonly kubeconfig: string; readonly takeRuns: () => number } {
  const [command, log, kubeconfig] = [join(folder, "plugin"), join(folder, "runs"), join(folder, "kubeconfig")];
  const apiVersion = "client.authentication.k8s.io/v1";
  const status = { token: "bench", expirationTimestamp: "2100-01-01T00:00:00Z" };
  const answer = JSON.stringify({ apiVersion, kind: "ExecCredential", status });
  writeFileSync(command, `#!/bin/sh\necho run >>'${log}'\necho '${answer}'\n`);
  chmodSync(command, 0o755);
  const document = {
    clusters: [{ name: "c", cluster: { server: server.origin, "certificate-authority": server.authorityFile } }],
    users: [{ name: "u", user: { exec: { apiVersion, command, interactiveMode: "Never" } } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  writeFileSync(kubeconfig, JSON.stringify(document));
  writeFileSync(log, "");
  const takeRuns = (): number => {
    const count = readFileSync(log, "utf8").split("\n").length - 1;
    writeFileSync(log, "");
    return count;
  };
  return { kubeconfig, takeRuns };
}

function listNumbers(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

function parseNumbers(text: string): readonly number[] {
  return listNumbers(JSON.parse(text));
}

/** Bundled as a program would be: what the loader of TypeScript adds to each closure is no part of the library. */
async function buildClient(): Promise<string> {
  const outfile = join(root, ".cache", "bench-requests-client.mjs");
  await build({
    entryPoints: [join(root, "bench/requests/client.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@kubepass/source"],
    external: ["client-node-v1"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

async function runNode(client: string, who: string, kubeconfig: string): Promise<Measured> {
  const { stdout } = await run(process.execPath, [client, who, kubeconfig], { cwd: root });
  const [firstMs = 0, sequentialMs = 0, concurrentMs = 0, peakKb = 0] = parseNumbers(stdout);
  return { firstMs, sequentialMs, concurrentMs, peakKb };
}

async function runClientGo(kubeconfig: string): Promise<Measured> {
  const step = { method: "GET", path: "/api/v1/namespaces", headers: {}, body: "" };
  const steps = [...Array.from({ length: 200 }, () => ({ ...step, count: 1 })), { ...step, count: 1000 }];
  const harness = join(root, "peers/bin/client-go-harness");
  const [question, peak] = [`${kubeconfig}.question`, `${kubeconfig}.peak`];
  writeFileSync(question, `${JSON.stringify({ kubeconfig, steps })}\n`);
  const script = '/usr/bin/time --format=%M --output="$2" "$0" requests <"$1"';
  const { stdout } = await run("bash", ["-c", script, harness, question, peak], { maxBuffer: 1 << 26 });
  const answer: unknown = JSON.parse(stdout);
  const elapsedMs = isJsonObject(answer) ? listNumbers(answer["elapsedMs"]) : [];
  return {
    firstMs: elapsedMs[0] ?? 0,
    sequentialMs: elapsedMs.slice(0, 200).reduce((sum, each) => sum + each, 0),
    concurrentMs: elapsedMs[200] ?? 0,
    peakKb: Number(readFileSync(peak, "utf8")),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function format(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ name }) => name))];
  const of = (name: string, pick: (row: Row) => number): string => median(rows.filter((row) => row.name === name).map(pick)).toFixed(0);
  const lines = names.map((name) => {
    const cells = [
      of(name, (row) => row.firstMs),
      of(name, (row) => row.sequentialMs),
      of(name, (row) => row.concurrentMs),
      of(name, (row) => row.handshakes),
      of(name, (row) => row.runs),
      of(name, ({ peakKb }) => peakKb / 1024),
    ];
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [
    "| Client | First request, ms | 200 in turn, ms | 1,000 at once, ms | Handshakes | Plugin runs | Peak memory, MB |",
    "|---|---:|---:|---:|---:|---:|---:|",
    ...lines,
  ].join("\n");
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-"));
  const server = await startCountingServer(folder);
  const { kubeconfig, takeRuns } = prepare(folder, server);
  const client = await buildClient();
  const contestants: readonly (readonly [string, () => Promise<Measured>])[] = [
    ["@kubepass/kubeconfig", async () => await runNode(client, "ours", kubeconfig)],
    ["@kubernetes/client-node 1.4.0", async () => await runNode(client, "client-node", kubeconfig)],
    ["client-go", async () => await runClientGo(kubeconfig)],
    ["bare node:http2, no credential", async () => await runNode(client, "bare", kubeconfig)],
  ];
  const rows: Row[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of contestants) {
      const measured = await measure();
      rows.push({ name, ...measured, handshakes: server.takeHandshakes(), runs: takeRuns() });
    }
  }
  console.log(format(rows));
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

await main();
