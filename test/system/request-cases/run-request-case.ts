import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ClientHost, Cluster, type ClusterAccess, createClientHost, loadConfig } from "@kubepass/kubeconfig";
import { isCredentialError, isJsonObject } from "@kubepass/wire";
import type { Harness } from "../kubeconfig-cases/harness.ts";
import { letPass } from "../test-support/wait-for.ts";
import type { RequestCase, RequestStep } from "./generate-request-case.ts";
import { broken } from "./predict-outcome.ts";
import type { RecordedRequest, RecordingServer } from "./recording-server.ts";

/** What came of a case on one side. */
export interface CaseOutcome {
  /** Of each step, in no order: a status, or the class of an error. */
  readonly steps: readonly (readonly string[])[];
  readonly requests: readonly RecordedRequest[];
  /** What the plugin was told at each run. */
  readonly runs: readonly string[];
  /** The words behind the classes, for a person who looks at a difference. */
  readonly errors: readonly string[];
}

/** Where a case runs: the one server, and a folder. */
export interface CasePlace {
  readonly folder: string;
  readonly authorityFile: string;
  /** One that asks for a client certificate, and one that does not. */
  readonly servers: { readonly asking: RecordingServer; readonly silent: RecordingServer };
}

function serverOf(asked: RequestCase, { servers }: CasePlace): RecordingServer {
  return asked.isCertificateAsked ? servers.asking : servers.silent;
}

function writePlugin(folder: string, asked: RequestCase): string {
  const command = join(folder, "plugin");
  asked.answers.forEach(({ text, exitCode }, index) => {
    writeFileSync(join(folder, `answer-${index + 1}`), text);
    writeFileSync(join(folder, `exit-${index + 1}`), String(exitCode));
  });
  const lines = [
    "#!/bin/sh",
    `cd '${folder}'`,
    "read n 2>/dev/null <count || n=0",
    `[ $n -lt ${asked.answers.length} ] && n=$((n+1))`,
    "echo $n >count",
    `printf '%s | %s | %s\\n' "$KUBERNETES_EXEC_INFO" "$*" "$CASE" >>runs`,
    // What is to expire soon says when by the time of the run.
    "sed \"s/@SOON@/$(date -u -d '+3 seconds' +%Y-%m-%dT%H:%M:%SZ)/\" answer-$n",
    "read code <exit-$n || true",
    "exit $code",
  ];
  writeFileSync(command, `${lines.join("\n")}\n`);
  chmodSync(command, 0o755);
  return command;
}

interface Prepared {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly client: string;
  readonly steps: readonly RequestStep[];
}

function resolveSteps(steps: readonly RequestStep[], folder: string): readonly RequestStep[] {
  const resolve = (path: string): string => path.replace("@FOLDER@", folder);
  return steps.map((step) => {
    if (step.before === undefined) return step;
    const copies = step.before.copies.map(([from, to]) => [resolve(from), resolve(to)] as const);
    return { ...step, before: { ...step.before, copies } };
  });
}

/** Writes what a side needs and gives the path of its kubeconfig. */
function prepare(asked: RequestCase, side: string, place: CasePlace): Prepared {
  const client = `${asked.name}-${side}`;
  const folder = join(place.folder, client);
  mkdirSync(folder);
  const server = serverOf(asked, place);
  server.expect(client, asked.statuses);
  const exec = asked.exec && { ...asked.exec, command: writePlugin(folder, asked) };
  const cluster = { ...asked.cluster, server: `${server.origin}/${client}`, "certificate-authority": place.authorityFile };
  const kubeconfig = join(folder, "kubeconfig");
  const document = {
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user: { ...asked.user, ...(exec === undefined ? {} : { exec }) } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  for (const [name, text] of Object.entries(asked.files ?? {})) writeFileSync(join(folder, name), text);
  writeFileSync(kubeconfig, JSON.stringify(document).replaceAll("@FOLDER@", folder));
  return { folder, kubeconfig, client, steps: resolveSteps(asked.steps, folder) };
}

function collect(
  folder: string,
  client: string,
  server: RecordingServer,
  steps: CaseOutcome["steps"],
  errors: readonly string[],
): CaseOutcome {
  const file = join(folder, "runs");
  const runs = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  // Each side has its own path to the server.
  return { steps, requests: server.requests(client), runs: runs.map((line) => line.replaceAll(client, "client")), errors };
}

const classes: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/executable .* not found|fork\/exec/, "PLUGIN_NOT_FOUND"],
  [/failed with exit code/, "PLUGIN_FAILED"],
  [/decoding stdout|configured to use API version|didn't return|returned only|failed parsing/, "CREDENTIAL_INVALID"],
  [/cannot support interactive mode: (standard input|stdin)/, "LOGIN_REQUIRED"],
  [/invalid apiVersion|invalid configuration/, "CONFIG_INVALID"],
  [/use of closed network connection/, broken],
];

function classify(error: string): string {
  return classes.find(([pattern]) => pattern.test(error))?.[1] ?? `unknown: ${error}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function parseOutcome(value: unknown): { readonly status: number; readonly error: string } {
  if (!isJsonObject(value)) throw new Error("the harness answered in another form");
  return { status: Number(value["status"] ?? 0), error: textOf(value["error"]) };
}

/** Runs a case with client-go. */
export async function runWithClientGo(asked: RequestCase, place: CasePlace, harness: Harness): Promise<CaseOutcome> {
  const { folder, kubeconfig, client, steps: wanted } = prepare(asked, "go", place);
  const [answer] = await harness.ask([{ kubeconfig, steps: wanted }]);
  if (!isJsonObject(answer)) throw new Error("the harness answered in another form");
  const failure = textOf(answer["error"]);
  if (failure !== "") return collect(folder, client, serverOf(asked, place), [[classify(failure)]], [failure]);
  const steps = answer["steps"];
  if (!Array.isArray(steps)) throw new Error("the harness answered without steps");
  const outcomes = steps.map((step: unknown) => (Array.isArray(step) ? step.map(parseOutcome) : []));
  const words = outcomes.flat().flatMap(({ error }) => (error === "" ? [] : [error]));
  const told = outcomes.map((step) => step.map(({ status, error }) => (error === "" ? String(status) : classify(error))));
  return collect(folder, client, serverOf(asked, place), told, words);
}

async function send(cluster: Cluster, step: RequestStep): Promise<{ readonly told: string; readonly error: string }> {
  try {
    const init = { method: step.method, headers: { ...step.headers }, ...(step.body === "" ? {} : { body: step.body }) };
    const response = await cluster.fetch(step.path, init);
    await response.text();
    return { told: String(response.status), error: "" };
  } catch (error) {
    return { told: isCredentialError(error) ? error.code : "unknown", error: String(error) };
  }
}

/** A host that sees the real world, and no terminal. */
export function createCaseHost(): ClientHost {
  const quiet = { warn: () => undefined, debug: () => undefined };
  return { ...createClientHost(process, { log: quiet }), isInputTerminal: () => false };
}

/** Runs a case with our library. */
export async function runWithOurs(asked: RequestCase, place: CasePlace, access: ClusterAccess): Promise<CaseOutcome> {
  const { folder, kubeconfig, client, steps: wanted } = prepare(asked, "ours", place);
  let cluster: Cluster;
  try {
    const environment = { variables: { KUBECONFIG: kubeconfig }, platform: process.platform };
    cluster = new Cluster(loadConfig(environment), access);
  } catch (error) {
    const code = isCredentialError(error) ? error.code : "unknown";
    return collect(folder, client, serverOf(asked, place), [[code === "KUBECONFIG_UNUSABLE" ? "CONFIG_INVALID" : code]], [String(error)]);
  }
  const steps: string[][] = [];
  const errors: string[] = [];
  for (const step of wanted) {
    for (const [from, to] of step.before?.copies ?? []) copyFileSync(from, to);
    if (step.before !== undefined) await letPass(step.before.waitMs);
    const outcomes = await Promise.all(Array.from({ length: step.count }, async () => await send(cluster, step)));
    steps.push(outcomes.map(({ told }) => told));
    errors.push(...outcomes.flatMap(({ error }) => (error === "" ? [] : [error])));
  }
  return collect(folder, client, serverOf(asked, place), steps, errors);
}
