import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createCertificateAuthority, startAwsStandIn, startConnectProxy } from "@kubepass/testkit";
import { kubepass } from "./scene.ts";
import { summarize } from "./statistics.ts";

interface Runner {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const authenticator = fileURLToPath(new URL("../peers/bin/aws-iam-authenticator", import.meta.url));
const role = "arn:aws:iam::123456789012:role/bench";

/** Runs without blocking: what the programs ask is answered by this process. */
async function measure({ name, program, args, environment }: Runner): Promise<number> {
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

function listRunners(keys: Readonly<Record<string, string>>, common: Readonly<Record<string, string>>): readonly Runner[] {
  const own = ["get-token", "eks", "--cluster-name=bench"];
  const withKeys = { ...common, ...keys };
  const aws = findAwsCli();
  const runners: Runner[] = [
    { name: "kubepass, warm", program: kubepass, args: own, environment: withKeys },
    { name: "kubepass, keys in variables", program: kubepass, args: [...own, "--force-refresh"], environment: withKeys },
    { name: "aws-iam-authenticator, keys in variables", program: authenticator, args: ["token", "-i", "bench"], environment: withKeys },
    { name: "kubepass, profile", program: kubepass, args: [...own, "--force-refresh", "--profile=bench"], environment: common },
    {
      name: "aws-iam-authenticator, profile",
      program: authenticator,
      args: ["token", "-i", "bench"],
      environment: { ...common, AWS_PROFILE: "bench" },
    },
    { name: "kubepass, role", program: kubepass, args: [...own, "--force-refresh", `--role-arn=${role}`], environment: withKeys },
    { name: "aws-iam-authenticator, role", program: authenticator, args: ["token", "-i", "bench", "-r", role], environment: withKeys },
  ];
  if (aws === undefined) console.log("The AWS CLI is not on the PATH: it is left out of the comparison.\n");
  else
    runners.push({
      name: "aws eks get-token, keys",
      program: aws,
      args: ["eks", "get-token", "--cluster-name", "bench"],
      environment: withKeys,
    });
  return runners;
}

/** Tokens for EKS, in turns with aws-iam-authenticator and the AWS CLI where there is one, over one stand-in for STS. */
export async function measureEks(turns: number): Promise<void> {
  const authority = await createCertificateAuthority();
  const aws = await startAwsStandIn({ authority });
  const proxy = await startConnectProxy(() => aws.port);
  const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-eks-"));
  try {
    aws.accounts.addRole({ arn: role });
    const { accessKeyId, secretAccessKey } = aws.accounts.addUser("bench");
    mkdirSync(join(folder, ".aws"));
    writeFileSync(
      join(folder, ".aws", "credentials"),
      `[bench]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`,
    );
    writeFileSync(join(folder, "authority.pem"), authority.certificatePem);
    const common = {
      HOME: folder,
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      XDG_RUNTIME_DIR: folder,
      HTTPS_PROXY: proxy.url,
      SSL_CERT_FILE: join(folder, "authority.pem"),
      AWS_REGION: "us-west-2",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    const runners = listRunners({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }, common);
    const walls = runners.map((): number[] => []);
    for (let turn = 0; turn <= turns; turn += 1) {
      for (const [index, runner] of runners.entries()) {
        const wallMs = await measure(runner);
        // The first turn reads the programs from the disk.
        if (turn > 0) walls[index]?.push(wallMs);
      }
    }
    console.log("\n## Tokens for EKS\n\n| | median ms |\n|---|---:|");
    for (const [index, { name }] of runners.entries()) console.log(`| ${name} | ${summarize(walls[index] ?? []).median.toFixed(1)} |`);
  } finally {
    await proxy.close();
    await aws.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
