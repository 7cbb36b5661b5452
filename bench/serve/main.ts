// npm run bench:serve: kubepass serve beside kube-apiserver's own authenticator behind the smallest Go webhook.
import { verify } from "node:crypto";
import { cpus, release, type as systemName } from "node:os";
import { parseArgs } from "node:util";
import { type Contestant, listContestants, type RunningServer } from "./contestants.ts";
import { formatRequest, type LoadResult, runLoad } from "./load.ts";
import { createServeScene, type ServeScene, type Setup } from "./scene.ts";
import { type Algorithm, createToken, signText } from "./tokens.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "3" }, tokens: { type: "string", default: "1000000" }, only: { type: "string" } },
});
const roundMs = Number(values.seconds) * 1000;
const print = (text = ""): void => console.log(text);
const peopleCount = 200;

/** Cycles through questions until the time is over. */
function cycle(requests: readonly Buffer[], durationMs: number): () => Buffer | undefined {
  // From the first question on: opening connections takes its time.
  let endMs: number | undefined;
  let at = 0;
  return () => {
    endMs ??= performance.now() + durationMs;
    if (performance.now() > endMs) return undefined;
    at += 1;
    return requests[at % requests.length];
  };
}

function prepareRequests(scene: ServeScene, algorithm: Algorithm, issuer: number): readonly Buffer[] {
  const key = scene.keys[algorithm];
  return Array.from({ length: peopleCount }, (_, person) => formatRequest(createToken(key, scene.issuer(issuer), person)));
}

interface Figures {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p50: number;
  readonly p99: number;
}

function toFigures({ reviews, wallMs, latenciesMs }: LoadResult, cpuSeconds: number): Figures {
  const pick = (share: number): number =>
    latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share))] ?? Number.NaN;
  return { perSecond: reviews / (wallMs / 1000), perCpuSecond: reviews / cpuSeconds, p50: pick(0.5), p99: pick(0.99) };
}

async function measure(running: RunningServer, requests: readonly Buffer[], connections: number): Promise<Figures> {
  await runLoad(running.target, { connections, nextRequest: cycle(requests, roundMs / 3) });
  const before = running.cpuSeconds();
  const result = await runLoad(running.target, { connections, nextRequest: cycle(requests, roundMs) });
  return toFigures(result, running.cpuSeconds() - before);
}

async function withServer<T>(
  contestant: Contestant,
  scene: ServeScene,
  setup: Setup,
  work: (running: RunningServer) => Promise<T>,
): Promise<T> {
  const running = await contestant.start(scene, setup);
  try {
    return await work(running);
  } finally {
    await running.stop();
  }
}

function formatRow(name: string, { perSecond, perCpuSecond, p50, p99 }: Figures): string {
  return `| ${name} | ${perSecond.toFixed(0)} | ${perCpuSecond.toFixed(0)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} |`;
}

const head = "reviews/s | reviews per second of its processor | p50 ms | p99 ms |";
const columns = [1, 16, 64];

async function measureThroughput(scene: ServeScene, contestants: readonly Contestant[]): Promise<void> {
  const modes = [
    ["RS256, no cache", "RS256", 0],
    ["ES256, no cache", "ES256", 0],
    ["cached", "ES256", 10],
  ] as const;
  for (const [title, algorithm, cacheSeconds] of modes) {
    const requests = prepareRequests(scene, algorithm, 0);
    print(`\n## ${title}\n\n| server, connections | ${head}\n|---|---:|---:|---:|---:|`);
    for (const connections of columns) {
      for (const contestant of contestants) {
        const setup = { issuers: 1, rules: 0, cacheSeconds };
        const figures = await withServer(contestant, scene, setup, async (running) => await measure(running, requests, connections));
        print(formatRow(`${contestant.name}, ${connections}`, figures));
      }
    }
  }
}

async function measureSizes(scene: ServeScene, contestants: readonly Contestant[]): Promise<void> {
  print(`\n## ES256, no cache, 16 connections, by issuers and CEL rules\n\n| server, issuers, rules | ${head}\n|---|---:|---:|---:|---:|`);
  for (const [issuers, rules] of [
    [1, 0],
    [8, 0],
    [64, 0],
    [1, 1],
    [1, 8],
  ] as const) {
    const requests = prepareRequests(scene, "ES256", issuers - 1);
    for (const contestant of contestants) {
      const setup = { issuers, rules, cacheSeconds: 0 };
      const figures = await withServer(contestant, scene, setup, async (running) => await measure(running, requests, 16));
      print(formatRow(`${contestant.name}, ${issuers}, ${rules}`, figures));
    }
  }
}

async function measureMemory(scene: ServeScene, contestants: readonly Contestant[]): Promise<void> {
  const count = Number(values.tokens);
  print(
    `\n## Memory, ${count} distinct ES256 tokens, cached\n\n| server | MiB at first | after a tenth | at the end | at most |\n|---|---:|---:|---:|---:|`,
  );
  for (const contestant of contestants) {
    await withServer(contestant, scene, { issuers: 1, rules: 0, cacheSeconds: 10 }, async (running) => {
      let person = 0;
      const upTo = (end: number) => () => {
        if (person >= end) return undefined;
        person += 1;
        return formatRequest(createToken(scene.keys.ES256, scene.issuer(0), person));
      };
      const steps: number[] = [running.memoryMib().now];
      for (const end of [count / 10, count]) {
        await runLoad(running.target, { connections: 16, nextRequest: upTo(end) });
        steps.push(running.memoryMib().now);
      }
      print(`| ${contestant.name} | ${[...steps, running.memoryMib().most].map((mib) => mib.toFixed(0)).join(" | ")} |`);
    });
  }
}

/** What no server on this machine can exceed: signatures verified and nothing else, on one processor. */
function measureSignatures(scene: ServeScene): void {
  print("\n## Bare signature verifications per second, one processor, Node's OpenSSL\n");
  for (const algorithm of ["RS256", "ES256"] as const) {
    const key = scene.keys[algorithm];
    const text = "x".repeat(700);
    const signature = signText(key, text);
    const data = Buffer.from(text);
    const endMs = performance.now() + roundMs;
    const before = process.cpuUsage();
    let count = 0;
    while (performance.now() < endMs) {
      if (!verify("sha256", data, { key: key.publicKey, dsaEncoding: "ieee-p1363" }, signature)) throw new Error("a signature is wrong");
      count += 1;
    }
    const { user, system } = process.cpuUsage(before);
    print(`- ${algorithm}: ${(count / ((user + system) / 1e6)).toFixed(0)}`);
  }
}

async function main(): Promise<void> {
  const [processor] = cpus();
  print(`${cpus().length} × ${processor?.model}, ${systemName()} ${release()}, Node ${process.versions.node}`);
  const contestants = listContestants();
  const scene = await createServeScene();
  const parts: Readonly<Record<string, () => Promise<void> | void>> = {
    signatures: () => measureSignatures(scene),
    throughput: async () => await measureThroughput(scene, contestants),
    sizes: async () => await measureSizes(scene, contestants),
    memory: async () => await measureMemory(scene, contestants),
  };
  try {
    for (const [name, part] of Object.entries(parts)) if (values.only === undefined || values.only === name) await part();
  } finally {
    await scene.close();
  }
}

await main();
