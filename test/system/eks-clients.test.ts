import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AwsKey, type ReachableAws, startReachableAws } from "@kubepass/testkit";
import { type EksTokenParts, isJsonObject, parseEksToken, Secret } from "@kubepass/wire";
import { presignEksToken } from "@kubepass/wire/signing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getExecutable } from "../program/executable.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, start } from "./test-support/run.ts";

let reachable: ReachableAws;
let aws: ReachableAws["aws"];
let executable: string;
let folder: string;
let common: Record<string, string>;
const role = "arn:aws:iam::123456789012:role/teams/admin";

beforeAll(async () => {
  executable = await getExecutable();
  reachable = await startReachableAws();
  ({ aws } = reachable);
  aws.accounts.addRole({ arn: role, externalId: "e-42" });
  folder = mkdtempSync(join(tmpdir(), "kubepass-eks-clients-"));
  writeFileSync(join(folder, "authority.pem"), reachable.authorityPem);
  common = {
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    HTTPS_PROXY: reachable.proxy.url,
    SSL_CERT_FILE: join(folder, "authority.pem"),
    AWS_REGION: "us-west-2",
    AWS_EC2_METADATA_DISABLED: "true",
  };
});

afterAll(async () => {
  await reachable.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(program: string, args: readonly string[], key?: AwsKey, variables: Record<string, string> = {}): Promise<string> {
  const keys: Record<string, string> =
    key === undefined ? {} : { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
  if (key?.sessionToken !== undefined) keys["AWS_SESSION_TOKEN"] = key.sessionToken;
  return checkExit(await start(program, args, { environment: { ...common, ...keys, ...variables }, timeoutMs: 50_000 }).ended).stdout;
}

function readToken(output: string): string {
  const parsed: unknown = JSON.parse(output);
  const status = isJsonObject(parsed) ? parsed["status"] : undefined;
  return isJsonObject(status) && typeof status["token"] === "string" ? status["token"] : "";
}

function takeApart(token: string): EksTokenParts {
  const outcome = parseEksToken(token);
  if (outcome.kind === "refused") throw new Error(outcome.message);
  return outcome.parts;
}

/** The token that our own code makes of the same key at the same second. */
function makeAgain(token: string, key: AwsKey, clusterId: string): string {
  const { endpoint, signedAt, sessionToken } = takeApart(token);
  const { accessKeyId, secretAccessKey } = key;
  return presignEksToken({
    endpoint,
    clusterId,
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken,
    signedAt,
  }).reveal();
}

const theirs = async (clusterId: string, key: AwsKey, variables: Record<string, string> = {}): Promise<string> =>
  readToken(await run(getProgram("aws-iam-authenticator"), ["token", "-i", clusterId], key, variables));
const ours = async (
  clusterId: string,
  key: AwsKey,
  args: readonly string[] = [],
  variables: Record<string, string> = {},
): Promise<string> => readToken(await run(executable, ["get-token", "eks", `--cluster-name=${clusterId}`, ...args], key, variables));

/** What aws-iam-authenticator's own check says, with the code of its server. */
async function verify(token: string, clusterId: string): Promise<unknown> {
  return JSON.parse(await run(getProgram("aws-iam-authenticator"), ["verify", "-t", token, "-i", clusterId, "-o", "json"]));
}

const hasAwsCli = spawnSync("aws", ["--version"], { stdio: "ignore" }).status === 0;
if (!hasAwsCli) process.stderr.write("THE AWS CLI IS NOT ON THE PATH: its tokens are not compared (pip install awscli)\n");

describe.skipIf(!hasAwsCli)("tokens of the AWS CLI", () => {
  it("are read by our parser, signed as we sign, and taken by aws-iam-authenticator's check", async () => {
    const anna = aws.accounts.addUser("anna");
    const variables = { PATH: process.env["PATH"] ?? "", AWS_CA_BUNDLE: join(folder, "authority.pem") };
    const token = readToken(await run("aws", ["eks", "get-token", "--cluster-name", "prod", "--output", "json"], anna, variables));
    const again = takeApart(makeAgain(token, anna, "prod"));
    expect(again.signature).toBe(takeApart(token).signature);
    expect(await verify(token, "prod")).toMatchObject({ ARN: anna.identity.arn });
  });
});

it("docs/providers/eks.md names the counterpart of each flag of `aws-iam-authenticator token`", async () => {
  const help = await run(getProgram("aws-iam-authenticator"), ["token", "--help"]);
  const flags = [...help.matchAll(/^ +(?:(-\w), )?(--[\w-]+)/gm)]
    .flatMap(([, short, long]) => [short, long])
    .filter((flag) => flag !== undefined);
  const page = readFileSync(new URL("../../docs/providers/eks.md", import.meta.url), "utf8");
  const table = page.split("\n| `aws-iam-authenticator token` | Here |\n")[1]?.split("\n\n")[0] ?? "";
  expect(flags.length).toBeGreaterThan(15);
  expect(flags.filter((flag) => !table.includes(`\`${flag}\``))).toEqual([]);
});

describe("tokens of kubepass and of aws-iam-authenticator", () => {
  it.each([
    ["regional", {}],
    ["FIPS", { AWS_USE_FIPS_ENDPOINT: "true" }],
    ["dual stack", { AWS_USE_DUALSTACK_ENDPOINT: "true" }],
    ["GovCloud", { AWS_REGION: "us-gov-west-1" }],
    ["China", { AWS_REGION: "cn-north-1" }],
    ["FIPS and dual stack", { AWS_USE_FIPS_ENDPOINT: "true", AWS_USE_DUALSTACK_ENDPOINT: "true" }],
    ["FIPS in GovCloud", { AWS_REGION: "us-gov-east-1", AWS_USE_FIPS_ENDPOINT: "true" }],
    ["dual stack in China", { AWS_REGION: "cn-northwest-1", AWS_USE_DUALSTACK_ENDPOINT: "true" }],
    ["aws-iso", { AWS_REGION: "us-iso-east-1" }],
    ["aws-iso-b", { AWS_REGION: "us-isob-east-1" }],
    ["aws-iso-e", { AWS_REGION: "eu-isoe-west-1" }],
    ["aws-iso-f", { AWS_REGION: "us-isof-south-1" }],
    ["aws-eusc", { AWS_REGION: "eusc-de-east-1" }],
    ["dual stack in aws-eusc", { AWS_REGION: "eusc-de-east-1", AWS_USE_DUALSTACK_ENDPOINT: "true" }],
  ] as [string, Record<string, string>][])("are the same bytes: %s", async (_name, variables) => {
    const anna = aws.accounts.addUser("anna");
    const [one, other] = [await theirs("prod", anna, variables), await ours("prod", anna, [], variables)];
    expect(makeAgain(one, anna, "prod")).toBe(one);
    expect(makeAgain(other, anna, "prod")).toBe(other);
    expect(takeApart(one).endpoint).toEqual(takeApart(other).endpoint);
  });

  it("are the same bytes with a session token, and for a cluster id like a host name", async () => {
    const anna = aws.accounts.addUser("anna");
    const session = aws.accounts.addSession(anna.identity, new Date(Date.now() + 3_600_000));
    for (const token of [await theirs("dev.example.com", session), await ours("dev.example.com", session)]) {
      expect(makeAgain(token, session, "dev.example.com")).toBe(token);
    }
  });

  it("are taken by aws-iam-authenticator's check for their own cluster only, and speak for the same identity", async () => {
    const anna = aws.accounts.addUser("anna");
    const [one, other] = [await verify(await theirs("prod", anna), "prod"), await verify(await ours("prod", anna), "prod")];
    expect(other).toEqual(one);
    expect(one).toMatchObject({ ARN: anna.identity.arn, AccountID: "123456789012" });
    await expect(verify(await ours("prod", anna), "dev")).rejects.toThrow(/exit|code|status/i);
  });

  it("speak for the same role", async () => {
    const anna = aws.accounts.addUser("anna");
    const flags = ["--role", role, "--external-id", "e-42", "--session-name", "anna"];
    const one = readToken(await run(getProgram("aws-iam-authenticator"), ["token", "-i", "prod", ...flags], anna));
    const other = await ours("prod", anna, flags);
    const identities = [await verify(one, "prod"), await verify(other, "prod")];
    expect(identities[0]).toMatchObject({ CanonicalARN: "arn:aws:iam::123456789012:role/admin", SessionName: "anna" });
    expect(identities[1]).toMatchObject({ CanonicalARN: "arn:aws:iam::123456789012:role/admin", SessionName: "anna" });
  });
});
