import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AwsStandIn, startReachableAws } from "@kubepass/testkit";
import { clusterIdHeader, formatCallerIdentityUrl, parseEksToken } from "@kubepass/wire";
import { createFetch } from "@kubepass/network";
import { createFakeHost } from "@kubepass/plugin-sdk/testing";

/** What a run of the executable came to. */
export interface EksRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user with a home folder, in front of AWS on this machine. */
export interface EksUser {
  readonly aws: AwsStandIn;
  readonly home: string;
  writeFile(path: string, text: string): string;
  /** Runs `kubepass` with arguments; `watch` sees standard error as it grows. */
  run(argv: readonly string[], variables?: Readonly<Record<string, string>>, watch?: (stderr: string) => void): Promise<EksRun>;
  /** Whom the printed credential speaks for, by STS. */
  whoIs(run: EksRun, clusterId?: string): Promise<string>;
  /** Every secret and token so far, to search output for. */
  readonly outputs: readonly string[];
  close(): Promise<void>;
}

function readToken(run: EksRun): string {
  const credential: unknown = JSON.parse(run.stdout || "{}");
  const token = /"token":"([^"]+)"/.exec(JSON.stringify(credential))?.[1];
  if (token === undefined) throw new Error(`no token: ${run.stderr}`);
  return token;
}

async function runExecutable(
  executable: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  watch: (stderr: string) => void,
): Promise<EksRun> {
  const child = spawn(executable, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    text.stderr += chunk.toString();
    watch(text.stderr);
  });
  await once(child, "close");
  return { code: child.exitCode, ...text };
}

async function askWhoIs(run: EksRun, clusterId: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const outcome = parseEksToken(readToken(run));
  if (outcome.kind === "refused") return outcome.message;
  const host = createFakeHost({ variables });
  try {
    const url = formatCallerIdentityUrl(outcome.parts).reveal();
    const response = await createFetch({}, host)(url, { headers: { [clusterIdHeader]: clusterId } });
    return /"(?:Arn|Code)":"([^"]*)"/.exec(await response.text())?.[1] ?? "nobody";
  } finally {
    host.remove();
  }
}

/** Starts AWS, a proxy that leads its hosts there, and a home folder. */
export async function createEksUser(executable: string): Promise<EksUser> {
  const { aws, proxy, authorityPem, close } = await startReachableAws();
  const home = mkdtempSync(join(tmpdir(), "kubepass-eks-"));
  const outputs: string[] = [];
  const writeFile = (path: string, text: string): string => {
    const whole = join(home, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text, { mode: 0o600 });
    return whole;
  };
  const common = {
    HOME: home,
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    XDG_RUNTIME_DIR: join(home, "runtime"),
    HTTPS_PROXY: proxy.url,
    SSL_CERT_FILE: writeFile("authority.pem", authorityPem),
    AWS_REGION: "us-west-2",
    AWS_EC2_METADATA_DISABLED: "true",
    DISPLAY: ":0",
    KUBEPASS_SESSION_STORE: "none",
  };
  mkdirSync(join(home, "runtime"), { mode: 0o700 });
  return {
    aws,
    home,
    outputs,
    writeFile,
    async run(argv, variables = {}, watch = () => {}) {
      const run = await runExecutable(executable, argv, { ...common, ...variables }, watch);
      outputs.push(run.stderr);
      return run;
    },
    whoIs: async (run, clusterId = "prod") => await askWhoIs(run, clusterId, common),
    close: async () => {
      await close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
