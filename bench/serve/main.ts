// npm run bench:serve: kubepass serve beside kube-apiserver's own authenticator behind the smallest Go webhook.
import { verify } from "node:crypto";
import { cpus, release, type as systemName } from "node:os";
import { parseArgs } from "node:util";
import { type Contestant, listContestants, type RunningServer } from "./contestants.ts";
import { formatRequest, type LoadResult, runLoad } from "./load.ts";
import { createServeScene, type ServeScene, type Setup } from "./scene.ts";
import { type Algorithm, createToken, signText } from "./tokens.ts";

const { values } = parseArgs({
  options: {
    turns: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    warm: { type: "string", default: "5" },
    tokens: { type: "string", default: "1000000" },
    connections: { type: "string", default: "1,16,64" },
    modes: { type: "string" },
    before: { type: "string" },
    node: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const [turns, roundMs, warmMs] = [Number(values.turns), Number(values.seconds) * 1000, Number(values.warm) * 1000];
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

/** What one server did in all its turns. */
class Tally {
  reviews = 0;
  wallMs = 0;
  cpuSeconds = 0;
  readonly latencies: Float64Array[] = [];

  add({ reviews, wallMs, latenciesMs }: LoadResult, cpuSeconds: number): void {
    this.reviews += reviews;
    this.wallMs += wallMs;
    this.cpuSeconds += cpuSeconds;
    this.latencies.push(latenciesMs);
  }

  get perCpuSecond(): number {
    return this.reviews / this.cpuSeconds;
  }

  /** The median over turns of each turn's percentile: one turn in which other work had the machine does not decide. */
  percentile(share: number): number {
    const each = this.latencies.map((sorted) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
    return each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)] ?? Number.NaN;
  }
}

type Started = readonly (readonly [string, RunningServer])[];

async function withServers(scene: ServeScene, setup: Setup, contestants: readonly Contestant[], work: (servers: Started) => Promise<void>) {
  const servers: [string, RunningServer][] = [];
  try {
    for (const contestant of contestants) servers.push([contestant.name, await contestant.start(scene, setup)]);
    await work(servers);
  } finally {
    for (const [, running] of servers) await running.stop();
  }
}

/** Everybody in turns, so that what else the machine does is shared alike. */
async function takeTurns(servers: Started, requests: readonly Buffer[], connections: number): Promise<ReadonlyMap<string, Tally>> {
  const tallies = new Map(servers.map(([name]) => [name, new Tally()]));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [name, running] of turn % 2 === 0 ? servers : servers.toReversed()) {
      const before = running.cpuSeconds();
      const result = await runLoad(running.target, { connections, nextRequest: cycle(requests, roundMs) });
      tallies.get(name)?.add(result, running.cpuSeconds() - before);
    }
  }
  return tallies;
}

const head = "reviews/s | reviews per second of its processor | to Go | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|---:|";

function printRows(tallies: ReadonlyMap<string, Tally>, suffix: string): void {
  const reference = [...tallies.values()].at(-1)?.perCpuSecond ?? Number.NaN;
  for (const [name, tally] of tallies) {
    const { reviews, wallMs, perCpuSecond } = tally;
    const figures = [(reviews * 1000) / wallMs, perCpuSecond].map((figure) => figure.toFixed(0));
    const times = [perCpuSecond / reference, tally.percentile(0.5), tally.percentile(0.99)].map((figure) => figure.toFixed(2));
    print(`| ${name}, ${suffix} | ${[...figures, ...times].join(" | ")} |`);
  }
}

async function warm(servers: Started, requests: readonly Buffer[]): Promise<void> {
  for (const [, running] of servers) await runLoad(running.target, { connections: 16, nextRequest: cycle(requests, warmMs) });
}

async function measureThroughput(scene: ServeScene, contestants: readonly Contestant[]): Promise<void> {
  const modes = [
    ["RS256", "RS256, no cache", 0],
    ["ES256", "ES256, no cache", 0],
    ["cached", "cached", 10],
  ] as const;
  for (const [mode, title, cacheSeconds] of modes) {
    if (values.modes !== undefined && !values.modes.split(",").includes(mode)) continue;
    const requests = prepareRequests(scene, mode === "RS256" ? "RS256" : "ES256", 0);
    print(`\n## ${title}\n\n| server, connections | ${head}`);
    await withServers(scene, { issuers: 1, rules: 0, cacheSeconds }, contestants, async (servers) => {
      await warm(servers, requests);
      for (const connections of values.connections.split(","))
        printRows(await takeTurns(servers, requests, Number(connections)), connections);
    });
  }
}

async function measureSizes(scene: ServeScene, contestants: readonly Contestant[]): Promise<void> {
  print(`\n## ES256, no cache, 16 connections, by issuers and CEL rules\n\n| server, issuers, rules | ${head}`);
  for (const [issuers, rules] of [
    [1, 0],
    [8, 0],
    [64, 0],
    [1, 4],
    [1, 16],
  ] as const) {
    const requests = prepareRequests(scene, "ES256", issuers - 1);
    await withServers(scene, { issuers, rules, cacheSeconds: 0 }, contestants, async (servers) => {
      await warm(servers, requests);
      printRows(await takeTurns(servers, requests, 16), `${issuers}, ${rules}`);
    });
  }
}

async function measureMemory(scene: ServeScene, contestants: readonly Contestant[]): Promise<void> {
  const count = Number(values.tokens);
  print(
    `\n## Memory, ${count} distinct ES256 tokens, cached\n\n| server | MiB at first | after a tenth | at the end | at most |\n|---|---:|---:|---:|---:|`,
  );
  for (const contestant of contestants) {
    await withServers(scene, { issuers: 1, rules: 0, cacheSeconds: 10 }, [contestant], async ([started]) => {
      const running = started?.[1];
      if (running === undefined) return;
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
  const contestants = listContestants(values.before, values.node);
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
