import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { findStsEndpoint, Secret } from "@kubepass/wire";
import { formatAmzDate, formatAuthorization, type Pair, presignEksToken } from "@kubepass/wire/signing";
import type { AwsKey } from "./aws-accounts.ts";
import { type AwsStandIn, startAwsStandIn } from "./aws-stand-in.ts";
import { startAwsMetadata } from "./metadata.ts";

let aws: AwsStandIn;
let anna: AwsKey;

beforeAll(async () => {
  aws = await startAwsStandIn();
  anna = aws.accounts.addUser("anna");
  aws.accounts.addRole({ arn: "arn:aws:iam::123456789012:role/path/admin", externalId: "e-1" });
  aws.instances.set("i-0123456789abcdef0", "ip-10-0-0-1.ec2.internal");
});

beforeEach(() => {
  aws.clock = () => new Date();
});

afterAll(async () => {
  await aws.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends with another `Host` than that of the socket, which `fetch` does not let one do. */
async function send(
  host: string,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { request } = await import("node:http");
  return await new Promise((resolve, reject) => {
    const { path = "/", method = "GET", headers = {}, body } = options;
    const outgoing = request({ port: aws.port, host: "127.0.0.1", path, method, headers: { ...headers, host } }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function call(
  host: string,
  region: string,
  parameters: readonly (readonly [string, string])[],
  key: AwsKey,
  signedAt = new Date(),
): Promise<Answer> {
  const body = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString();
  const signed: Pair[] = [
    ["host", host],
    ["x-amz-date", formatAmzDate(signedAt)],
    ...(key.sessionToken === undefined ? [] : [["x-amz-security-token", key.sessionToken] as const]),
  ];
  const service = host.split(".")[0] ?? "";
  const request = { method: "POST", path: "/", query: [], headers: signed, body, region, service, signedAt };
  const authorization = formatAuthorization(request, { accessKeyId: key.accessKeyId, secretAccessKey: new Secret(key.secretAccessKey) });
  const headers = { ...Object.fromEntries(signed), authorization, "content-type": "application/x-www-form-urlencoded" };
  return await send(host, { method: "POST", headers, body });
}

const version = ["Version", "2011-06-15"] as const;

function present(token: string, clusterId: string, accept = "application/json"): Promise<Answer> {
  const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
  return send(url.host, { path: `${url.pathname}${url.search}`, headers: { "x-k8s-aws-id": clusterId, accept } });
}

function makeToken(key: AwsKey, clusterId: string, signedAt = new Date()): string {
  const endpoint = findStsEndpoint("us-west-2", "regional");
  if (endpoint === undefined) throw new Error("no endpoint");
  const sessionToken = key.sessionToken === undefined ? undefined : new Secret(key.sessionToken);
  return presignEksToken({
    endpoint,
    clusterId,
    accessKeyId: key.accessKeyId,
    secretAccessKey: new Secret(key.secretAccessKey),
    sessionToken,
    signedAt,
  }).reveal();
}

test("a token is taken for its own cluster and for no other", async () => {
  const token = makeToken(anna, "prod");
  expect(await present(token, "prod")).toMatchObject({
    status: 200,
    text: expect.stringContaining('"Arn":"arn:aws:iam::123456789012:user/anna"'),
  });
  expect(await present(token, "prod", "text/xml")).toMatchObject({
    status: 200,
    text: expect.stringContaining("<Account>123456789012</Account>"),
  });
  expect(await present(token, "dev")).toMatchObject({ status: 403, text: expect.stringContaining("SignatureDoesNotMatch") });
});

test("a token lives 15 minutes, and not before its time", async () => {
  const token = makeToken(anna, "prod", new Date("2026-01-01T00:00:00Z"));
  aws.clock = () => new Date("2026-01-01T00:14:59Z");
  expect((await present(token, "prod")).status).toBe(200);
  aws.clock = () => new Date("2026-01-01T00:15:01Z");
  expect((await present(token, "prod")).text).toContain("Signature expired");
  aws.clock = () => new Date("2025-12-31T23:54:00Z");
  expect((await present(token, "prod")).text).toContain("not yet current");
});

test("a role is taken on by who knows its external id, and the session's token says so", async () => {
  const role = [
    ["Action", "AssumeRole"],
    version,
    ["RoleArn", "arn:aws:iam::123456789012:role/path/admin"],
    ["RoleSessionName", "s"],
  ] as const;
  const host = "sts.us-west-2.amazonaws.com";
  expect((await call(host, "us-west-2", role, anna)).text).toContain("AccessDenied");
  const answer = await call(host, "us-west-2", [...role, ["ExternalId", "e-1"]], anna);
  expect(answer.status).toBe(200);
  expect(answer.text).toContain("<Arn>arn:aws:sts::123456789012:assumed-role/admin/s</Arn>");
  const id = /<AccessKeyId>(\w+)</.exec(answer.text)?.[1] ?? "";
  const key = aws.accounts.keys.get(id);
  expect(key?.sessionToken).toBeDefined();
  expect((await present(makeToken(key ?? anna, "prod"), "prod")).text).toContain("assumed-role/admin/s");
});

test.each([
  ["another region", "us-east-1", unchanged, "valid region"],
  ["another secret", "us-west-2", (key: AwsKey) => ({ ...key, secretAccessKey: "wrong" }), "SignatureDoesNotMatch"],
  ["an unknown key", "us-west-2", (key: AwsKey) => ({ ...key, accessKeyId: "AKIAUNKNOWN" }), "InvalidClientTokenId"],
  ["a session token that does not belong there", "us-west-2", (key: AwsKey) => ({ ...key, sessionToken: "x" }), "InvalidClientTokenId"],
])("%s is refused", async (_what, region, change, code) => {
  const answer = await call("sts.us-west-2.amazonaws.com", region, [["Action", "GetCallerIdentity"], version], change(anna));
  expect(answer.status).toBe(403);
  expect(answer.text).toContain(code);
});

function unchanged(key: AwsKey): AwsKey {
  return key;
}

test("EC2 knows its instances, and one unknown id fails the call", async () => {
  const ask = (...ids: string[]): Promise<Answer> =>
    call(
      "ec2.us-west-2.amazonaws.com",
      "us-west-2",
      [["Action", "DescribeInstances"], ["Version", "2016-11-15"], ...ids.map((id, index) => [`InstanceId.${index + 1}`, id] as const)],
      anna,
    );
  expect((await ask("i-0123456789abcdef0")).text).toContain("<privateDnsName>ip-10-0-0-1.ec2.internal</privateDnsName>");
  expect((await ask("i-0123456789abcdef0", "i-00000000000000000")).text).toContain("InvalidInstanceID.NotFound");
  expect((await ask("evil")).text).toContain("InvalidInstanceID.Malformed");
});

test("faults come in the order and number that was asked for", async () => {
  aws.fail("sts", "throttle");
  aws.fail("sts", "unavailable");
  aws.fail("sts", "hang-up");
  aws.fail("sts", "redirect");
  const ask = (): Promise<Answer> => call("sts.us-west-2.amazonaws.com", "us-west-2", [["Action", "GetCallerIdentity"], version], anna);
  expect(await ask()).toMatchObject({ status: 400, text: expect.stringContaining("Throttling") });
  expect(await ask()).toMatchObject({ status: 503, text: expect.stringContaining("ServiceUnavailable") });
  await expect(ask()).rejects.toThrow(/hang up|closed|ECONNRESET/i);
  expect((await ask()).status).toBe(302);
  expect((await ask()).status).toBe(200);
});

test("the metadata service wants its session token, and the container's agent its own", async () => {
  const metadata = await startAwsMetadata(aws.accounts, anna.identity);
  try {
    const folder = `${metadata.origin}/latest/meta-data/iam/security-credentials/`;
    expect((await fetch(folder)).status).toBe(401);
    const token = await (await fetch(`${metadata.origin}/latest/api/token`, { method: "PUT" })).text();
    expect(await (await fetch(folder, { headers: { "x-aws-ec2-metadata-token": token } })).text()).toBe("node-role");
    expect((await fetch(metadata.containerUrl)).status).toBe(401);
    expect((await fetch(metadata.containerUrl, { headers: { authorization: metadata.containerToken } })).status).toBe(200);
  } finally {
    await metadata.close();
  }
});
