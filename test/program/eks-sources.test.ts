import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AwsMetadata, startAwsMetadata } from "@kubepass/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createEksUser, type EksUser } from "./eks-user.ts";
import { getExecutable } from "./executable.ts";

let user: EksUser;
let metadata: AwsMetadata;

const getToken = ["get-token", "eks", "--cluster-name", "prod"];
const tokenFile = `.aws/sso/cache/${createHash("sha1").update("corp").digest("hex")}.json`;
const ssoArn = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_dev_0123456789abcdef/anna@example.com";
const role = "arn:aws:iam::123456789012:role/admin";

beforeAll(async () => {
  user = await createEksUser(await getExecutable());
  const { accounts, sso } = user.aws;
  sso.roles.add("123456789012/dev");
  accounts.addRole({ arn: role });
  metadata = await startAwsMetadata(accounts, {
    arn: "arn:aws:sts::123456789012:assumed-role/node-role/i-0123456789abcdef0",
    accountId: "123456789012",
    userId: "AROAEXAMPLE:i-0123456789abcdef0",
  });
  const { accessKeyId, secretAccessKey } = accounts.addUser("process");
  const answer = JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey });
  user.writeFile("answer.json", answer);
  user.writeFile(
    ".aws/config",
    `[profile process]
credential_process = cat ${join(user.home, "answer.json")}

[profile broken]
credential_process = sh -c 'echo hunter2-secret; echo hunter2-secret >&2; exit 3'

[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = dev
region = us-west-2

[profile sso-forbidden]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = root

[profile sso-admin]
role_arn = ${role}
source_profile = sso
role_session_name = anna

[profile container]
role_arn = ${role}
credential_source = EcsContainer

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-west-2
sso_registration_scopes = sso:account:access
`,
  );
});

beforeEach(() => {
  user.aws.sso.decision = "approve";
});

afterAll(async () => {
  await metadata.close();
  await user.close();
});

function writeSsoToken(accessToken: string, expiresAt: Date, more: Record<string, string> = {}): void {
  user.aws.sso.accessTokens.add(accessToken);
  const common = { startUrl: "https://corp.awsapps.com/start", region: "us-west-2" };
  user.writeFile(tokenFile, JSON.stringify({ ...common, accessToken, expiresAt: `${expiresAt.toISOString().slice(0, 19)}Z`, ...more }));
}

const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

test("a profile with a process", async () => {
  const run = await user.run([...getToken, "--profile", "process"]);
  expect(await user.whoIs(run)).toBe("arn:aws:iam::123456789012:user/process");
});

test("a process that fails is named, and what it printed is not shown", async () => {
  const run = await user.run([...getToken, "--profile", "broken", "-vv"]);
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain("SOURCE_FAILED");
  expect(run.stderr).toContain("profile broken");
  expect(run.stderr).not.toContain("hunter2-secret");
});

test("a container, as with EKS Pod Identity", async () => {
  const variables = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: metadata.containerUrl,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: user.writeFile("pod-token", metadata.containerToken),
  };
  expect(await user.whoIs(await user.run(getToken, variables))).toContain("assumed-role/node-role/");
  expect(await user.whoIs(await user.run([...getToken, "--profile", "container"], variables))).toContain("assumed-role/admin/kubepass");
});

test("the machine's role, by version 2 of the metadata service", async () => {
  const variables = { AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.origin };
  expect(await user.whoIs(await user.run(getToken, variables))).toContain("assumed-role/node-role/");
  expect(metadata.requests).toContain("PUT /latest/api/token");
  const elsewhere = { ...variables, AWS_REGION: "" };
  expect(await user.whoIs(await user.run([...getToken, "--force-refresh"], elsewhere))).toContain("assumed-role/node-role/");
  expect(metadata.requests).toContain("GET /latest/meta-data/placement/region");
});

test("nothing at all is one sentence", async () => {
  const run = await user.run(["get-token", "eks", "--cluster-name", "lost"]);
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain("there are no AWS credentials");
});

test("IAM Identity Center while the sign-in lasts, and a role beyond it", async () => {
  writeSsoToken("token-1", inAnHour());
  expect(await user.whoIs(await user.run([...getToken, "--profile", "sso"]))).toBe(ssoArn);
  expect(await user.whoIs(await user.run([...getToken, "--profile", "sso-admin"]))).toBe(
    "arn:aws:sts::123456789012:assumed-role/admin/anna",
  );
});

test("whoever signs in at IAM Identity Center after somebody else does not get their token", async () => {
  writeSsoToken("token-2", inAnHour());
  const first = await user.run([...getToken, "--profile", "sso"]);
  expect((await user.run([...getToken, "--profile", "sso"])).stdout).toBe(first.stdout);
  writeSsoToken("token-3", inAnHour());
  expect((await user.run([...getToken, "--profile", "sso"])).stdout).not.toBe(first.stdout);
});

test("a role that the person has not got is refused without another sign-in", async () => {
  writeSsoToken("token-4", inAnHour());
  const run = await user.run([...getToken, "--profile", "sso-forbidden"]);
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain("HTTP 403");
});

test("an ended sign-in is asked for again by a page, and AWS's other tools find it", async () => {
  writeSsoToken("token-5", new Date(Date.now() - 1000));
  let visit: Promise<string> | undefined;
  const run = await user.run(
    [...getToken, "--profile", "sso", "--interaction", "print", "--sso-grant-type", "authorization-code"],
    {},
    (stderr) => {
      const url = /https:\/\/oidc\.us-west-2\.amazonaws\.com\/authorize\?\S+/.exec(stderr)?.[0];
      if (url === undefined || visit !== undefined) return;
      const { location = "" } = user.aws.sso.answerOidc("GET", new URL(url), "");
      visit = fetch(location).then(async (page) => await page.text());
    },
  );
  expect(await visit).toContain("You are signed in");
  expect(await user.whoIs(run)).toBe(ssoArn);
  const kept: unknown = JSON.parse(readFileSync(join(user.home, tokenFile), "utf8"));
  expect(kept).toMatchObject({
    startUrl: "https://corp.awsapps.com/start",
    region: "us-west-2",
    expiresAt: expect.stringMatching(/^[\d-]+T[\d:]+Z$/),
  });
  expect(Object.keys(kept ?? {})).toEqual(
    expect.arrayContaining(["accessToken", "refreshToken", "clientId", "clientSecret", "registrationExpiresAt"]),
  );
  expect(statSync(join(user.home, tokenFile)).mode & 0o077).toBe(0);
});

test("an ended sign-in is renewed without a person while there is a refresh token", async () => {
  const kept: unknown = JSON.parse(readFileSync(join(user.home, tokenFile), "utf8"));
  user.writeFile(tokenFile, JSON.stringify({ ...(kept as object), expiresAt: "2026-01-01T00:00:00Z" }));
  const run = await user.run([...getToken, "--profile", "sso"], { CI: "true" });
  expect(await user.whoIs(run)).toBe(ssoArn);
  expect(run.stderr).toBe("");
});

test("where no browser can be opened a device code does it", async () => {
  writeSsoToken("token-6", new Date(Date.now() - 1000));
  const run = await user.run([...getToken, "--profile", "sso", "--interaction", "print"]);
  expect(run.stderr).toContain("ABCD-EFGH");
  expect(await user.whoIs(run)).toBe(ssoArn);
});

test.each([
  ["for IPv6", { AWS_USE_DUALSTACK_ENDPOINT: "true" }, "oidc.us-west-2.api.aws", "portal.sso.us-west-2.api.aws"],
  ["of FIPS", { AWS_USE_FIPS_ENDPOINT: "true" }, "oidc-fips.us-west-2.amazonaws.com", "portal.sso-fips.us-west-2.amazonaws.com"],
])("with hosts %s IAM Identity Center is signed in at and asked under those", async (_what, variables, oidc, portal) => {
  writeSsoToken("token-a", new Date(Date.now() - 1000));
  const before = user.aws.requests.length;
  const run = await user.run([...getToken, "--profile", "sso", "--interaction", "print", "--sso-grant-type", "device-code"], variables);
  expect(await user.whoIs(run)).toBe(ssoArn);
  const hosts = user.aws.requests.slice(before).filter(({ service }) => service === "oidc" || service === "portal");
  expect(new Set(hosts.map(({ host }) => host))).toEqual(new Set([oidc, portal]));
});

test("a console login while it lasts, and what to do when it is over", async () => {
  const login = `arn:aws:iam::123456789012:user/console`;
  const { accessKeyId, secretAccessKey, identity } = user.aws.accounts.addUser("console");
  const session = user.aws.accounts.addSession(identity, inAnHour());
  user.writeFile(".aws/login-config", `[profile console]\nlogin_session = ${login}\n`);
  const write = (expiresAt: Date): string =>
    user.writeFile(
      `.aws/login/cache/${createHash("sha256").update(login).digest("hex")}.json`,
      JSON.stringify({
        accessToken: { ...session, expiresAt: expiresAt.toISOString(), accountId: "123456789012" },
        clientId: "arn:aws:signin:::devtools/same-device",
        refreshToken: "none",
        dpopKey: "none",
      }),
    );
  expect([accessKeyId, secretAccessKey]).not.toContain(session.accessKeyId);
  const variables = { AWS_CONFIG_FILE: join(user.home, ".aws/login-config") };
  write(inAnHour());
  expect(await user.whoIs(await user.run([...getToken, "--profile", "console"], variables))).toBe(login);
  write(new Date(Date.now() - 1000));
  const over = await user.run([...getToken, "--profile", "console", "--force-refresh"], variables);
  expect(over).toMatchObject({ code: 1, stdout: "" });
  expect(over.stderr).toContain("SOURCE_FAILED");
  expect(over.stderr).toContain('aws login --profile "console"');
});

test("a token that IAM Identity Center no longer knows leads to a new sign-in, and a no is a no", async () => {
  writeSsoToken("token-7", inAnHour());
  user.aws.sso.accessTokens.delete("token-7");
  user.aws.sso.decision = "deny";
  const run = await user.run([...getToken, "--profile", "sso", "--interaction", "print"]);
  expect(run).toMatchObject({ code: 4, stdout: "" });
  expect(run.stderr).toContain("SIGN_IN_DENIED");
});

test("an automated run is told what to do instead of waiting", async () => {
  writeSsoToken("token-8", new Date(Date.now() - 1000));
  const run = await user.run(["get-token", "eks", "--cluster-name", "ci", "--profile", "sso"], { CI: "true" });
  expect(run).toMatchObject({ code: 3, stdout: "" });
  expect(run.stderr).toContain("LOGIN_REQUIRED");
  expect(run.stderr).toContain("kubepass login eks --cluster-name=ci --profile=sso");
});

test("IAM Identity Center that is out of order is no reason to sign in again", async () => {
  writeSsoToken("token-9", inAnHour());
  user.aws.fail("portal", "unavailable", 6);
  const run = await user.run(["get-token", "eks", "--cluster-name", "later", "--profile", "sso"]);
  user.aws.clearFaults();
  expect(run.code).not.toBe(0);
  expect(run.stdout).toBe("");
  expect(run.stderr).not.toContain("ABCD-EFGH");
});

test("-v says whose credentials are used and why", async () => {
  const keys = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "not-a-real-one", AWS_PROFILE: "process" };
  const both = await user.run([...getToken, "-v"], keys);
  expect(both.stderr).toContain("access key AKIDEXAMPLE");
  expect(both.stderr).toContain("they win over AWS_PROFILE");
  const profile = await user.run([...getToken, "-v", "--profile", "process"], keys);
  expect(profile.stderr).toContain("profile process");
});

test("nothing that AWS handed out was shown", () => {
  const shown = user.outputs.join("\n");
  const { accounts, sso } = user.aws;
  for (const secret of [...accounts.secrets, ...sso.accessTokens, ...sso.refreshTokens].filter((text) => !/^token-\d$/.test(text))) {
    expect(shown).not.toContain(secret);
  }
});
