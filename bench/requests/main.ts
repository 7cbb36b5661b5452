// `npm run bench:requests`: 200 GETs one after the other and 1,000 at once, over TLS, with an exec plugin: our client, client-node
// and client-go against one server, in turns.
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isJsonObject } from "@kubepass/wire";
import { type CountingServer, startCountingServer } from "./server.ts";

interface Measured {
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

async function runNode(who: string, kubeconfig: string): Promise<Measured> {
  const args = ["--conditions=@kubepass/source", "--import", "tsx", join(root, "bench/requests/client.ts"), who, kubeconfig];
  const { stdout } = await run(process.execPath, args, { cwd: root });
  const [sequentialMs = 0, concurrentMs = 0, peakKb = 0] = parseNumbers(stdout);
  return { sequentialMs, concurrentMs, peakKb };
}

async function runClientGo(kubeconfig: string): Promise<Measured> {
  const step = { method: "GET", path: "/api/v1/namespaces", headers: {}, body: "" };
  const steps = [...Array.from({ length: 200 }, () => ({ ...step, count: 1 })), { ...step, count: 1000 }];
  const harness = join(root, "peers/bin/client-go-harness");
  const question = `${kubeconfig}.question`;
  writeFileSync(question, `${JSON.stringify({ kubeconfig, steps })}\n`);
  const { stdout } = await run("bash", ["-c", '"$0" requests <"$1"', harness, question], { maxBuffer: 1 << 26 });
  const answer: unknown = JSON.parse(stdout);
  const elapsedMs = isJsonObject(answer) ? listNumbers(answer["elapsedMs"]) : [];
  return { sequentialMs: elapsedMs.slice(0, 200).reduce((sum, each) => sum + each, 0), concurrentMs: elapsedMs[200] ?? 0, peakKb: 0 };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function format(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ name }) => name))];
  const of = (name: string, pick: (row: Row) => number): string => median(rows.filter((row) => row.name === name).map(pick)).toFixed(0);
  const lines = names.map((name) => {
    const memory = of(name, ({ peakKb }) => peakKb / 1024);
    const cells = [
      of(name, (row) => row.sequentialMs),
      of(name, (row) => row.concurrentMs),
      of(name, (row) => row.handshakes),
      of(name, (row) => row.runs),
    ];
    return `| ${[name, ...cells, memory === "0" ? "not measured" : memory].join(" | ")} |`;
  });
  return [
    "| Client | 200 in turn, ms | 1,000 at once, ms | Handshakes | Plugin runs | Peak memory, MB |",
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-"));
  const server = await startCountingServer(folder);
  const { kubeconfig, takeRuns } = prepare(folder, server);
  const contestants: readonly (readonly [string, () => Promise<Measured>])[] = [
    ["@kubepass/kubeconfig", async () => await runNode("ours", kubeconfig)],
    ["@kubernetes/client-node 1.4.0", async () => await runNode("client-node", kubeconfig)],
    ["client-go", async () => await runClientGo(kubeconfig)],
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
