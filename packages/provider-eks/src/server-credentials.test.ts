import type { FakeHost, FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import { type AwsKey, type AwsMetadata, startAwsMetadata, startLoopbackServer } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createServerCredentials } from "./server-credentials.ts";
import { type EksScene, keyVariables, startEksScene, writeHomeFile } from "./test-support/scene.ts";

let scene: EksScene;
let metadata: AwsMetadata;
let anna: AwsKey;
const hosts: FakeHost[] = [];
const admin = "arn:aws:iam::123456789012:role/admin";
const machine = { arn: "arn:aws:sts::123456789012:assumed-role/node/i-1", accountId: "123456789012", userId: "AROAEXAMPLE:i-1" };

beforeAll(async () => {
  scene = await startEksScene();
  anna = scene.aws.accounts.addUser("anna");
  scene.aws.accounts.addRole({ arn: admin });
  metadata = await startAwsMetadata(scene.aws.accounts, machine);
});

afterEach(() => {
  for (const host of hosts.splice(0)) host.remove();
});

afterAll(async () => {
  await metadata.close();
  await scene.close();
});

function createHost(options: FakeHostOptions = {}): FakeHost {
  const host = scene.createHost(options);
  hosts.push(host);
  return host;
}

function onMachine(origin: string, more: Record<string, string> = {}): FakeHost {
  return createHost({ variables: { AWS_EC2_METADATA_DISABLED: "", AWS_EC2_METADATA_SERVICE_ENDPOINT: origin, ...more } });
}

const assumed = (): number => scene.aws.requests.filter(({ action }) => action === "AssumeRole").length;

test("a server has the keys in its variables, looked at anew each time", async () => {
  const find = createServerCredentials(createHost({ variables: keyVariables(anna) }));
  expect(await find()).toMatchObject({ accessKeyId: anna.accessKeyId, expiresAt: undefined });
});

test("a server has the keys of a profile", async () => {
  const host = createHost();
  const text = `[server]\naws_access_key_id = ${anna.accessKeyId}\naws_secret_access_key = ${anna.secretAccessKey}\n`;
  writeHomeFile(host, ".aws/credentials", text);
  const named = createHost({ sharedWith: host, variables: { AWS_PROFILE: "server" } });
  expect(await createServerCredentials(named)()).toMatchObject({ accessKeyId: anna.accessKeyId, expiresAt: undefined });
});

test("a server takes on the role of its profile, and again shortly before that ends", async () => {
  const host = createHost();
  const text = `[profile server]\nrole_arn = ${admin}\ncredential_source = Environment\nregion = us-west-2\n`;
  writeHomeFile(host, ".aws/config", text);
  // Without a region in a variable: that of the profile counts.
  const named = createHost({ sharedWith: host, variables: { AWS_REGION: "", AWS_PROFILE: "server" } });
  const keys = createHost({ sharedWith: host, variables: { ...keyVariables(anna), AWS_PROFILE: "server" } });
  await expect(createServerCredentials(named)()).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  expect(await createServerCredentials(keys)()).toMatchObject({ accessKeyId: anna.accessKeyId });
  writeHomeFile(host, ".aws/config", text.replace("Environment", "Ec2InstanceMetadata"));
  const variables = { AWS_PROFILE: "server", AWS_EC2_METADATA_DISABLED: "", AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.origin };
  const instance = createHost({ sharedWith: host, variables, startAt: new Date() });
  const before = assumed();
  const find = createServerCredentials(instance);
  const first = await find();
  expect(first.sessionToken).toBeDefined();
  expect(await find()).toBe(first);
  expect(assumed()).toBe(before + 1);
  instance.advance(56 * 60_000);
  const { clock } = scene.aws;
  scene.aws.clock = () => instance.clock.now();
  expect(await find()).not.toBe(first);
  scene.aws.clock = clock;
  expect(assumed()).toBe(before + 2);
});

test("a server has the role of its machine, which is also asked for the region, and keeps it until shortly before its end", async () => {
  const host = onMachine(metadata.origin, { AWS_REGION: "", HTTP_PROXY: "http://127.0.0.1:1" });
  const asked = metadata.requests.length;
  const find = createServerCredentials(host);
  const first = await find();
  expect(first.accessKeyId).toMatch(/^ASIA/);
  expect(first.sessionToken).toBeDefined();
  expect(metadata.requests.slice(asked)).toEqual([
    "PUT /latest/api/token",
    "GET /latest/meta-data/placement/region",
    "PUT /latest/api/token",
    "GET /latest/meta-data/iam/security-credentials/",
    "GET /latest/meta-data/iam/security-credentials/node-role",
  ]);
  host.advance((first.expiresAt?.getTime() ?? 0) - host.clock.now().getTime() - 301_000);
  expect(await find()).toBe(first);
  host.advance(2000);
  expect(await find()).not.toBe(first);
});

test("a server asks nobody for a code or a sign-in", async () => {
  const host = createHost();
  writeHomeFile(host, ".aws/config", `[profile server]\nrole_arn = ${admin}\ncredential_source = Environment\nmfa_serial = 123456789\n`);
  const find = createServerCredentials(createHost({ sharedWith: host, variables: { AWS_PROFILE: "server" } }));
  await expect(find()).rejects.toMatchObject({ code: "SOURCE_FAILED" });
});

const failed = (message: RegExp) => expect.objectContaining({ code: "SOURCE_FAILED", message: expect.stringMatching(message) as string });

test.each([
  ["no machine", "http://127.0.0.1:1", /machine's role gave no credentials: .*127\.0\.0\.1:1/],
  ["no URL", "nonsense", /is not an http or https URL/],
])("with %s there the server has no credentials", async (_what, origin, message) => {
  await expect(createServerCredentials(onMachine(origin))()).rejects.toThrow(failed(message));
});

const good = { AccessKeyId: "ASIAEXAMPLE", SecretAccessKey: "not-a-real-one", Token: "t", Expiration: "2030-01-01T00:00:00Z" };

test.each<[string, string, string, RegExp]>([
  ["no role", "", "", /status 404/],
  ["a page", "role", "<html>", /it answered something else/],
  ["a list", "role", "[]", /gave no credentials/],
  ["no token", "role", JSON.stringify({ ...good, Token: 7 }), /gave no credentials/],
  ["no end", "role", JSON.stringify({ ...good, Expiration: "soon" }), /gave no credentials/],
  ["a key of two lines", "role", JSON.stringify({ ...good, SecretAccessKey: "a\nb" }), /keys that are none/],
  ["more than a machine says", "role", " ".repeat(20_000), /more than 16384 bytes/],
])("a machine that says %s has no credentials, and nothing of what it said is told", async (_what, role, text, message) => {
  const paths: string[] = [];
  const server = await startLoopbackServer({}, (request, response) => {
    paths.push(request.url ?? "");
    if (request.method === "PUT") return void response.end("token");
    if (request.url?.endsWith("/security-credentials/") !== true) return void response.end(text);
    return void response.writeHead(role === "" ? 404 : 200).end(role);
  });
  await expect(createServerCredentials(onMachine(server.origin))()).rejects.toThrow(failed(message));
  await server.close();
});

test("the name of a role is no path", async () => {
  const paths: string[] = [];
  const server = await startLoopbackServer({}, (request, response) => {
    paths.push(request.url ?? "");
    if (request.url?.endsWith("/security-credentials/") === true) return void response.end("../../secret?x\nsecond");
    return void response.end(request.method === "PUT" ? "token" : JSON.stringify(good));
  });
  expect(await createServerCredentials(onMachine(server.origin))()).toMatchObject({ accessKeyId: "ASIAEXAMPLE" });
  expect(paths.at(-1)).toBe("/latest/meta-data/iam/security-credentials/..%2F..%2Fsecret%3Fx");
  await server.close();
});
