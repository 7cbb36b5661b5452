import { getCredential, type OptionValues } from "@kubepass/plugin-sdk";
import { type FakeHost, type FakeHostOptions, waitUntil } from "@kubepass/plugin-sdk/testing";
import type { AwsKey } from "@kubepass/testkit";
import { parseEksToken } from "@kubepass/wire";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type EksScene, getToken, keyVariables, requestFor, startEksScene, whoIs, writeHomeFile } from "./test-support/scene.ts";

let scene: EksScene;
let anna: AwsKey;
const hosts: FakeHost[] = [];

const admin = "arn:aws:iam::123456789012:role/teams/admin";
const deploy = "arn:aws:iam::123456789012:role/deploy";
const guarded = "arn:aws:iam::123456789012:role/guarded";
const serial = "arn:aws:iam::123456789012:mfa/anna";

beforeAll(async () => {
  scene = await startEksScene();
  const { accounts } = scene.aws;
  anna = accounts.addUser("anna");
  accounts.addRole({ arn: admin });
  accounts.addRole({ arn: deploy, externalId: "e-42", trusts: ["arn:aws:sts::123456789012:assumed-role/admin"] });
  accounts.addRole({ arn: guarded, isMfaRequired: true });
  accounts.addRole({ arn: "arn:aws:iam::123456789012:role/pod", webIdentityTokens: ["pod-token"] });
  accounts.addDevice({ serial, code: "123456" });
});

afterEach(() => {
  for (const host of hosts.splice(0)) host.remove();
});

afterAll(async () => {
  await scene.close();
});

function createHost(options: FakeHostOptions = {}): FakeHost {
  const host = scene.createHost(options);
  hosts.push(host);
  return host;
}

const fault = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) as string });

test("keys in variables: STS knows whom the token speaks for, and for another cluster it is worth nothing", async () => {
  const host = createHost({ variables: keyVariables(anna) });
  const token = await getToken({}, host);
  expect(await whoIs(token, host)).toBe("arn:aws:iam::123456789012:user/anna");
  expect(await whoIs(token, host, "dev")).toBe("SignatureDoesNotMatch");
});

test.each(["regional", "global", "dual-stack"] as const)("the %s host of STS takes the token", async (variant) => {
  const host = createHost({ variables: keyVariables(anna) });
  expect(await whoIs(await getToken({ "sts-endpoint": variant }, host), host)).toBe("arn:aws:iam::123456789012:user/anna");
});

test("a chain of roles: external id for the last, tags and source identity for all", async () => {
  const host = createHost({ variables: keyVariables(anna) });
  const values = {
    "role-arn": [admin, deploy],
    "external-id": "e-42",
    "session-name": "anna@laptop",
    "source-identity": "anna",
    "session-tag": { team: "blue" },
    "transitive-tag": ["team"],
    "role-duration": 900,
  };
  expect(await whoIs(await getToken(values, host), host)).toBe("arn:aws:sts::123456789012:assumed-role/deploy/anna@laptop");
  const [first, second] = scene.aws.requests.filter((request) => request.action === "AssumeRole").slice(-2);
  expect(first?.parameters).toMatchObject({ RoleArn: admin, SourceIdentity: "anna", "Tags.member.1.Key": "team" });
  expect(first?.parameters).not.toHaveProperty("ExternalId");
  expect(second?.parameters).toMatchObject({ DurationSeconds: "900", ExternalId: "e-42", "TransitiveTagKeys.member.1": "team" });
});

test("the session name of the base credentials is carried on", async () => {
  const { identity } = anna;
  const session = scene.aws.accounts.addSession({ ...identity, userId: "AROAEXAMPLE:carla@example.com" }, new Date(Date.now() + 3_600_000));
  const host = createHost({ variables: keyVariables(session) });
  expect(await whoIs(await getToken({ "role-arn": [admin], "forward-session-name": true }, host), host)).toContain(
    "/admin/carla@example.com",
  );
});

test("the end that is told is the earlier one: of the token, or of the credentials behind it", async () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const told = async (variables: Record<string, string>): Promise<string | undefined> => {
    const host = createHost({ variables: { ...keyVariables(anna), ...variables }, startAt: now });
    return (await getCredential(await requestFor({}, host), host)).renewAt?.toISOString();
  };
  expect(await told({})).toBe("2026-03-01T12:14:00.000Z");
  expect(await told({ AWS_SESSION_TOKEN: "x", AWS_CREDENTIAL_EXPIRATION: "2026-03-01T12:05:00Z" })).toBe("2026-03-01T12:04:30.000Z");
  await expect(told({ AWS_SESSION_TOKEN: "x", AWS_CREDENTIAL_EXPIRATION: "2026-03-01T11:59:59Z" })).rejects.toThrow(
    fault("SOURCE_FAILED", /ended at 2026-03-01T11:59:59/),
  );
});

test("a web identity, as pods have it", async () => {
  const host = createHost();
  const variables = {
    AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/pod",
    AWS_ROLE_SESSION_NAME: "pod-7",
    AWS_WEB_IDENTITY_TOKEN_FILE: writeHomeFile(host, "token", "pod-token\n"),
  };
  const pod = createHost({ sharedWith: host, variables });
  expect(await whoIs(await getToken({}, pod), pod)).toBe("arn:aws:sts::123456789012:assumed-role/pod/pod-7");
  writeHomeFile(host, "token", "another");
  host.advance(1000);
  await expect(getToken({}, pod, { isRefreshForced: true })).rejects.toThrow(fault("ISSUER_REFUSED", /InvalidIdentityToken/));
});

test("a profile with keys, and one whose role leads there", async () => {
  const host = createHost();
  writeHomeFile(
    host,
    ".aws/credentials",
    `[base]\naws_access_key_id = ${anna.accessKeyId}\naws_secret_access_key = ${anna.secretAccessKey}\n`,
  );
  writeHomeFile(
    host,
    ".aws/config",
    `[profile work]\nrole_arn = ${admin}\nsource_profile = base\nrole_session_name = from-file\nregion = eu-central-1\n`,
  );
  expect(await whoIs(await getToken({ profile: "base" }, host), host)).toBe("arn:aws:iam::123456789012:user/anna");
  expect(await whoIs(await getToken({ profile: "work" }, host), host)).toBe("arn:aws:sts::123456789012:assumed-role/admin/from-file");
  const named = createHost({ sharedWith: host, variables: { AWS_PROFILE: "work", AWS_REGION: "" } });
  const token = parseEksToken(await getToken({}, named));
  expect(token).toMatchObject({ kind: "parsed", parts: { endpoint: { region: "eu-central-1" } } });
});

test("an MFA code is asked for once an hour, not at each renewal", async () => {
  const host = createHost({ variables: keyVariables(anna), answers: ["123 456"] });
  const values = { "role-arn": [guarded], "mfa-serial": serial };
  expect(await whoIs(await getToken(values, host), host)).toContain("/guarded/kubepass");
  expect(host.output()).toContain(`MFA code of ${serial}: `);
  host.advance(20 * 60_000);
  const calls = scene.aws.requests.length;
  expect(parseEksToken(await getToken(values, host)).kind).toBe("parsed");
  expect(scene.aws.requests.length).toBe(calls);
  host.advance(45 * 60_000);
  await expect(getToken(values, host)).rejects.toThrow(fault("CANCELLED", /no MFA code/));
});

test("without a role, an MFA code makes a session of the user", async () => {
  const host = createHost({ variables: keyVariables(anna), answers: ["123456"] });
  expect(await whoIs(await getToken({ "mfa-serial": serial, "role-duration": 7200 }, host), host)).toBe(
    "arn:aws:iam::123456789012:user/anna",
  );
  expect(scene.aws.requests.filter(({ action }) => action === "GetSessionToken").at(-1)?.parameters).toMatchObject({
    DurationSeconds: "7200",
  });
});

test("kept credentials of a code are not used once the keys have changed", async () => {
  const berta = scene.aws.accounts.addUser("berta");
  const host = createHost({ answers: ["123456", "123456"] });
  const write = (key: AwsKey): string =>
    writeHomeFile(host, ".aws/credentials", `[p]\naws_access_key_id=${key.accessKeyId}\naws_secret_access_key=${key.secretAccessKey}\n`);
  const values = { profile: "p", "mfa-serial": serial };
  write(anna);
  expect(await whoIs(await getToken(values, host), host)).toContain("user/anna");
  write(berta);
  expect(await whoIs(await getToken(values, host), host)).toContain("user/berta");
});

test("nobody there for an MFA code is told as such", async () => {
  const host = createHost({ variables: { ...keyVariables(anna), CI: "true" } });
  await expect(getToken({ "role-arn": [guarded], "mfa-serial": serial }, host)).rejects.toThrow(fault("LOGIN_REQUIRED", /sign-in needed/));
  const quiet = createHost({ variables: keyVariables(anna), canRead: false });
  await expect(getToken({ "role-arn": [guarded], "mfa-serial": serial }, quiet)).rejects.toThrow(fault("LOGIN_REQUIRED", /MFA device/));
});

test.each<[string, Record<string, string>, OptionValues, string, RegExp]>([
  ["a role that trusts others", {}, { "role-arn": [deploy] }, "ISSUER_REFUSED", /refused AssumeRole of .*deploy: AccessDenied/],
  ["a wrong secret", { AWS_SECRET_ACCESS_KEY: "wrong" }, { "role-arn": [admin] }, "ISSUER_REFUSED", /SignatureDoesNotMatch/],
  ["a key that is gone", { AWS_ACCESS_KEY_ID: "AKIAGONE" }, { "role-arn": [admin] }, "ISSUER_REFUSED", /InvalidClientTokenId/],
])("%s", async (_what, variables, values, code, message) => {
  const host = createHost({ variables: { ...keyVariables(anna), ...variables } });
  await expect(getToken(values, host)).rejects.toThrow(fault(code, message));
});

test.each([
  ["throttle", "ISSUER_UNREACHABLE", /cannot answer AssumeRole of .* now: Throttling/],
  ["unavailable", "ISSUER_UNREACHABLE", /ServiceUnavailable/],
  ["internal-error", "ISSUER_UNREACHABLE", /InternalFailure/],
  ["redirect", "RESPONSE_INVALID", /redirect/],
  ["flood", "RESPONSE_INVALID", /more than 65536 bytes/],
  ["hang-up", "ISSUER_UNREACHABLE", /connection was closed/],
  ["not-a-document", "RESPONSE_INVALID", /no usable/],
] as const)("STS that answers with %s, twice", async (kind, code, message) => {
  const host = createHost({ variables: keyVariables(anna) });
  scene.aws.fail("sts", kind, kind === "throttle" || code === "ISSUER_UNREACHABLE" ? 2 : 1);
  try {
    await expect(getToken({ "role-arn": [admin] }, host)).rejects.toThrow(fault(code, message));
  } finally {
    scene.aws.clearFaults();
  }
});

test("one bad moment of STS is got over", async () => {
  const host = createHost({ variables: keyVariables(anna) });
  scene.aws.fail("sts", "throttle");
  expect(await whoIs(await getToken({ "role-arn": [admin] }, host), host)).toContain("/admin/");
});

test("a silent STS ends with Ctrl-C at once", async () => {
  const host = createHost({ variables: keyVariables(anna) });
  scene.aws.fail("sts", "stall");
  const calls = scene.aws.requests.length;
  const outcome = getToken({ "role-arn": [admin] }, host);
  await waitUntil(() => scene.aws.requests.length > calls);
  host.interrupt();
  await expect(outcome).rejects.toThrow(fault("INTERRUPTED", /interrupted/));
});

test.each([
  [61, "61 minutes ahead of that of STS"],
  [-61, "61 minutes behind that of STS"],
])("a clock that is %i minutes off is named", async (minutes, text) => {
  const host = createHost({ variables: keyVariables(anna), startAt: new Date(Date.now() + minutes * 60_000) });
  await expect(getToken({ "role-arn": [admin] }, host)).rejects.toThrow(fault("CLOCK_SKEWED", new RegExp(text)));
  expect(host.output()).toContain(`this machine's clock is ${text}`);
});

test("nothing that STS or a person was told is ever shown", async () => {
  const host = createHost({ variables: keyVariables(anna), answers: ["123456"] });
  const token = await getToken({ "role-arn": [guarded], "mfa-serial": serial }, host);
  for (const secret of [...scene.aws.accounts.secrets, token]) expect(host.output()).not.toContain(secret);
});
