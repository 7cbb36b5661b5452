import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prepareAwsIamServer } from "@kubepass/authenticator/serve";
import { type AwsStandIn, createEksToken, startReachableAws } from "@kubepass/testkit";
import { kubepass } from "./scene.ts";

// Reviews of EKS tokens a second: kubepass and aws-iam-authenticator in turns, over one stand-in for STS.
const { values } = parseArgs({
  options: {
    turns: { type: "string", default: "5" },
    // Turns before, which do not count: programs that compile themselves while they run take longer at first.
    warm: { type: "string", default: "8" },
    tokens: { type: "string", default: "300" },
  },
});
const [turns, warmTurns, tokens] = [Number(values.turns), Number(values.warm), Number(values.tokens)];
const atOnce = 16;
const repeats = 2000;
const authenticator = fileURLToPath(new URL("../peers/bin/aws-iam-authenticator", import.meta.url));

interface Webhook {
  readonly name: string;
  readonly url: string;
  readonly agent: Agent;
  readonly child: ChildProcess;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function writeConfig(folder: string, port: number): string {
  const stateDir = join(folder, `state-${port}`);
  mkdirSync(stateDir);
  const mapAccounts = ["123456789012"];
  const server = { port, hostname: "127.0.0.1", stateDir, generateKubeconfig: join(folder, `webhook-${port}`), mapAccounts };
  const path = join(folder, `config-${port}.json`);
  writeFileSync(path, JSON.stringify({ clusterID: "bench", server }));
  return path;
}

async function ask({ url, agent }: Webhook, token: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", agent, headers: { "content-type": "application/json" } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.once("end", () => resolve(text.includes('"authenticated":true')));
    });
    outgoing.once("error", reject);
    outgoing.end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } }));
  });
}

async function awaitReady(webhook: Webhook): Promise<void> {
  for (;;) {
    if (webhook.child.exitCode !== null) throw new Error(`${webhook.name} ended`);
    if (
      await ask(webhook, "x").then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

interface Surroundings {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function startKubepass({ folder, environment }: Surroundings): Promise<Webhook> {
  const [port, operationsPort] = [await findFreePort(), await findFreePort()];
  const configFile = writeConfig(folder, port);
  const log = { warn: () => {}, info: () => {}, debug: () => {} };
  await prepareAwsIamServer(configFile, undefined, { clock: { now: () => new Date(), sleep: async () => {} }, log });
  const [certificateFile, privateKeyFile] = ["cert.pem", "key.pem"].map((name) => join(folder, `state-${port}`, name));
  const document = {
    apiVersion: "kubepass.dev/v1",
    kind: "ServeConfiguration",
    listen: { address: `127.0.0.1:${port}`, certificateFile, privateKeyFile },
    operations: { address: `127.0.0.1:${operationsPort}` },
    verifiers: [{ awsIam: { configFile } }],
  };
  const path = join(folder, "serve.json");
  writeFileSync(path, JSON.stringify(document));
  const child = spawn(kubepass, ["serve", `--config=${path}`], { env: environment, stdio: "ignore" });
  return connect("kubepass serve", child, port, folder);
}

async function startGo({ folder, environment }: Surroundings): Promise<Webhook> {
  const port = await findFreePort();
  const child = spawn(authenticator, ["server", "-c", writeConfig(folder, port)], { env: environment, stdio: "ignore" });
  const certificate = join(folder, `state-${port}`, "cert.pem");
  for (;;) {
    try {
      readFileSync(certificate);
      return connect("aws-iam-authenticator", child, port, folder);
    } catch {
      if (child.exitCode !== null) throw new Error("aws-iam-authenticator ended");
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
  }
}

function connect(name: string, child: ChildProcess, port: number, folder: string): Webhook {
  const ca = readFileSync(join(folder, `state-${port}`, "cert.pem"));
  return { name, child, url: `https://127.0.0.1:${port}/authenticate`, agent: new Agent({ keepAlive: true, maxSockets: atOnce, ca }) };
}

/** Processor time that a program has used so far, in milliseconds; the kernel counts in hundredths of a second. */
function readProcessorMs({ child }: Webhook): number {
  const fields = readFileSync(`/proc/${child.pid ?? 0}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Reviews a second. Throws when one is refused. */
async function measure(webhook: Webhook, questions: readonly string[]): Promise<number> {
  const left = [...questions];
  const startedMs = performance.now();
  const work = async (): Promise<void> => {
    for (let token = left.pop(); token !== undefined; token = left.pop())
      if (!(await ask(webhook, token))) throw new Error(`${webhook.name} refused a token`);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (questions.length * 1000) / (performance.now() - startedMs);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function compare(
  aws: AwsStandIn,
  webhooks: readonly Webhook[],
  makeQuestions: () => readonly string[],
  title: string,
): Promise<void> {
  const rates = new Map(webhooks.map(({ name }): [string, number[]] => [name, []]));
  const calls = new Map<string, number>();
  const processorMs = new Map(webhooks.map(({ name }): [string, number[]] => [name, []]));
  for (let turn = -warmTurns; turn < turns; turn += 1) {
    for (const webhook of turn % 2 === 0 ? webhooks : webhooks.toReversed()) {
      const questions = makeQuestions();
      const before = aws.requests.length;
      const beforeMs = readProcessorMs(webhook);
      const rate = await measure(webhook, questions);
      if (turn < 0) continue;
      rates.get(webhook.name)?.push(rate);
      processorMs.get(webhook.name)?.push((readProcessorMs(webhook) - beforeMs) / questions.length);
      calls.set(webhook.name, (aws.requests.length - before) / questions.length);
    }
  }
  for (const [name, list] of rates)
    console.log(
      `| ${title} | ${name} | ${median(list).toFixed(0)} | ${median(processorMs.get(name) ?? []).toFixed(2)} | ${(calls.get(name) ?? 0).toFixed(3)} |`,
    );
}

const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-iam-"));
const { aws, proxy, authorityPem, close } = await startReachableAws();
writeFileSync(join(folder, "aws.pem"), authorityPem);
const environment = {
  PATH: process.env["PATH"] ?? "",
  HOME: folder,
  HTTPS_PROXY: proxy.url,
  SSL_CERT_FILE: join(folder, "aws.pem"),
  AWS_REGION: "us-west-2",
  AWS_EC2_METADATA_DISABLED: "true",
};
const webhooks = [await startKubepass({ folder, environment }), await startGo({ folder, environment })];
try {
  for (const webhook of webhooks) await awaitReady(webhook);
  console.log(
    `Medians of ${turns} turns, ${atOnce} reviews at once.\n\n| tokens | webhook | reviews/s | processor ms per review | calls of STS per review |\n|---|---|---:|---:|---:|`,
  );
  let count = 0;
  const fresh = (): string => createEksToken(aws.accounts.addUser(`user-${(count += 1)}`), { clusterId: "bench" });
  await compare(aws, webhooks, () => Array.from({ length: tokens }, fresh), "each once");
  const one = fresh();
  await compare(aws, webhooks, () => Array.from({ length: repeats }, () => one), "one, again and again");
} finally {
  for (const { child, agent } of webhooks) {
    agent.destroy();
    // aws-iam-authenticator goes on serving after a termination signal.
    child.kill("SIGKILL");
  }
  await close();
  rmSync(folder, { recursive: true, force: true });
}
