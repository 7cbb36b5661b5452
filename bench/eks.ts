import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startReachableAws } from "@kubepass/testkit";
import { compileNothing, kubepass } from "./scene.ts";
import { summarize } from "./statistics.ts";

interface Runner {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folders that are emptied before each run. */
  readonly forgotten?: readonly string[];
  /** Of how many turns it takes part in one. */
  readonly everyTurns?: number;
}

const authenticator = fileURLToPath(new URL("../peers/bin/aws-iam-authenticator", import.meta.url));
const role = "arn:aws:iam::123456789012:role/bench";

/** Runs without blocking: what the programs ask is answered by this process. */
async function measure({ name, program, args, environment, forgotten = [] }: Runner): Promise<number> {
  for (const folder of forgotten) {
    rmSync(folder, { recursive: true, force: true });
    // A runtime folder that is not there would be another one.
    mkdirSync(folder, { mode: 0o700 });
  }
  const startedMs = performance.now();
  const child = spawn(program, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${errors.slice(-500)}`);
  return performance.now() - startedMs;
}

function findAwsCli(): string | undefined {
  const { status } = spawnSync("aws", ["--version"], { stdio: "ignore" });
  return status === 0 ? "aws" : undefined;
}

function listRunners(keys: Readonly<Record<string, string>>, common: Readonly<Record<string, string>>, folder: string): readonly Runner[] {
  const own = ["get-token", "eks", "--cluster-name=bench"];
  const withKeys = { ...common, ...keys };
  // Each kind of call has a runtime folder of its own, so that a cold one does not take the warm one's credential.
  const cold = (environment: Runner["environment"]): Pick<Runner, "environment" | "forgotten"> => {
    const [runtime, state] = [join(folder, "cold-runtime"), join(folder, "cold-state")];
    return { environment: { ...environment, XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: state }, forgotten: [runtime, state] };
  };
  const aws = findAwsCli();
  const runners: Runner[] = [
    { name: "kubepass, warm", program: kubepass, args: own, environment: withKeys },
    compileNothing({ folder }),
    { name: "kubepass, keys in variables", program: kubepass, args: own, ...cold(withKeys) },
    { name: "aws-iam-authenticator, keys in variables", program: authenticator, args: ["token", "-i", "bench"], environment: withKeys },
    { name: "kubepass, profile", program: kubepass, args: [...own, "--profile=bench"], ...cold(common) },
    {
      name: "aws-iam-authenticator, profile",
      program: authenticator,
      args: ["token", "-i", "bench"],
      environment: { ...common, AWS_PROFILE: "bench" },
    },
    { name: "kubepass, role", program: kubepass, args: [...own, `--role-arn=${role}`], ...cold(withKeys) },
    { name: "aws-iam-authenticator, role", program: authenticator, args: ["token", "-i", "bench", "-r", role], environment: withKeys },
  ];
  if (aws === undefined) console.log("The AWS CLI is not on the PATH: it is left out of the comparison.\n");
  else
    runners.push({
      name: "aws eks get-token, keys",
      program: aws,
      args: ["eks", "get-token", "--cluster-name", "bench"],
      environment: withKeys,
      everyTurns: 10,
    });
  return runners;
}

/** Tokens for EKS, in turns with aws-iam-authenticator and the AWS CLI where there is one, over one stand-in for STS. */
export async function measureEks(turns: number): Promise<void> {
  const { aws, proxy, authorityPem, close } = await startReachableAws();
  const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-eks-"));
  try {
    aws.accounts.addRole({ arn: role });
    const { accessKeyId, secretAccessKey } = aws.accounts.addUser("bench");
    mkdirSync(join(folder, ".aws"));
    writeFileSync(
      join(folder, ".aws", "credentials"),
      `[bench]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`,
    );
    writeFileSync(join(folder, "authority.pem"), authorityPem);
    const common = {
      HOME: folder,
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      XDG_RUNTIME_DIR: folder,
      HTTPS_PROXY: proxy.url,
      SSL_CERT_FILE: join(folder, "authority.pem"),
      AWS_REGION: "us-west-2",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    const runners = listRunners({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }, common, folder);
    const walls = runners.map((): number[] => []);
    for (let turn = 0; turn <= turns; turn += 1) {
      for (const [index, runner] of runners.entries()) {
        // The slow ones once at least.
        if (turn % Math.min(runner.everyTurns ?? 1, turns) !== 0) continue;
        const wallMs = await measure(runner);
        // The first turn reads the programs from the disk.
        if (turn > 0) walls[index]?.push(wallMs);
      }
    }
    console.log("\n## Tokens for EKS\n\n| | median ms | 5 % | runs |\n|---|---:|---:|---:|");
    for (const [index, { name }] of runners.entries()) {
      const { median, fast, count } = summarize(walls[index] ?? []);
      console.log(`| ${name} | ${median.toFixed(1)} | ${fast.toFixed(1)} | ${count} |`);
    }
  } finally {
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
}
