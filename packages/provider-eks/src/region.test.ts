import type { FakeHost } from "@kubepass/plugin-sdk/testing";
import { type AwsMetadata, startAwsMetadata, startLoopbackServer } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { findMetadataOrigin } from "./metadata-origin.ts";
import { loadEksProvider } from "./provider.ts";
import { type EksScene, startEksScene, writeHomeFile } from "./test-support/scene.ts";

let scene: EksScene;
let metadata: AwsMetadata;
const hosts: FakeHost[] = [];

beforeAll(async () => {
  scene = await startEksScene();
  metadata = await startAwsMetadata(scene.aws.accounts, scene.aws.accounts.addUser("machine").identity);
});

afterEach(() => {
  for (const host of hosts.splice(0)) host.remove();
});

afterAll(async () => {
  await metadata.close();
  await scene.close();
});

const config = `[profile with-region]
region = eu-west-1

[profile machine]
role_arn = arn:aws:iam::123456789012:role/admin
credential_source = Ec2InstanceMetadata
`;

/** The label of the provider, which names the region, by these variables and no others. */
async function labelBy(variables: Record<string, string>, values: Record<string, string> = {}): Promise<string> {
  const root = scene.createHost();
  writeHomeFile(root, ".aws/config", config);
  const all = { AWS_REGION: "", AWS_EC2_METADATA_DISABLED: "", AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.origin, ...variables };
  const host = scene.createHost({ sharedWith: root, variables: all });
  hosts.push(host, root);
  return (await loadEksProvider({ "cluster-name": "prod", ...values }, host)).label ?? "";
}

test.each([
  ["the option", { AWS_REGION: "eu-north-1", AWS_PROFILE: "with-region" }, { region: "us-east-2" }, "us-east-2"],
  ["AWS_REGION", { AWS_REGION: "eu-north-1", AWS_DEFAULT_REGION: "eu-south-1", AWS_PROFILE: "with-region" }, {}, "eu-north-1"],
  ["AWS_DEFAULT_REGION", { AWS_DEFAULT_REGION: "eu-south-1", AWS_PROFILE: "with-region" }, {}, "eu-south-1"],
  ["the profile", { AWS_PROFILE: "with-region" }, {}, "eu-west-1"],
  ["the profile whose keys are passed over", { AWS_PROFILE: "with-region", ...keys() }, {}, "eu-west-1"],
])("the region is that of %s", async (_what, variables, values, region) => {
  const asked = metadata.requests.length;
  expect(await labelBy(variables, values)).toContain(`prod in ${region} by`);
  expect(metadata.requests.length).toBe(asked);
});

function keys(): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "not-a-real-one" };
}

test.each([
  ["that signs itself", {}],
  ["whose role takes on another one", { AWS_PROFILE: "machine" }],
])("a machine %s is asked where it is, and no proxy comes between", async (_what, variables) => {
  const proxied = scene.proxyTargets.length;
  expect(await labelBy({ ...variables, HTTP_PROXY: "http://127.0.0.1:1" })).toContain("prod in us-west-2 by");
  expect(metadata.requests.slice(-2)).toEqual(["PUT /latest/api/token", "GET /latest/meta-data/placement/region"]);
  expect(scene.proxyTargets.length).toBe(proxied);
});

const missing = expect.objectContaining({
  code: "CONFIG_INVALID",
  message: expect.stringContaining("region is missing: give --region") as string,
});

test("a machine is not asked where keys sign, or where its service is turned off", async () => {
  const asked = metadata.requests.length;
  await expect(labelBy(keys())).rejects.toThrow(missing);
  await expect(labelBy({ AWS_EC2_METADATA_DISABLED: "TRUE" })).rejects.toThrow(missing);
  expect(metadata.requests.length).toBe(asked);
});

test.each([403, 404, 500])("a machine that answers %i leaves the region missing", async (status) => {
  const server = await startLoopbackServer({}, (_request, response) => void response.writeHead(status).end());
  await expect(labelBy({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin })).rejects.toThrow(missing);
  await server.close();
});

test.each([
  ["nothing", ""],
  ["no region", "EU"],
  ["a path", "us-west-2/../x"],
  ["two lines", "us-west-2\r\nx: y"],
  ["too much", "x".repeat(5000)],
])("a machine that says %s is not believed", async (_what, text) => {
  const server = await startLoopbackServer({}, (request, response) => void response.end(request.method === "PUT" ? "token" : text));
  await expect(labelBy({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await server.close();
});

test("a service that is not there, or whose token is none, leaves the region missing", async () => {
  await expect(labelBy({ AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1" })).rejects.toThrow(missing);
  await expect(labelBy({ AWS_EC2_METADATA_SERVICE_ENDPOINT: "no URL" })).rejects.toThrow(missing);
  const server = await startLoopbackServer({}, (_request, response) => void response.end("a\nb"));
  await expect(labelBy({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin })).rejects.toThrow(missing);
  await server.close();
});

test("offline a machine's own region is a problem that says so, and nobody is asked", async () => {
  const asked = metadata.requests.length;
  const host = scene.createHost({
    variables: { AWS_REGION: "", AWS_EC2_METADATA_DISABLED: "", AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.origin },
  });
  hosts.push(host);
  const loading = loadEksProvider({ "cluster-name": "prod" }, host, { isOffline: true });
  await expect(loading).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: "its region is this machine's own, which is asked only for a token: set AWS_REGION to have it known",
  });
  expect(metadata.requests.length).toBe(asked);
});

test.each<[Record<string, string>, Record<string, string>, string | undefined]>([
  [{ AWS_EC2_METADATA_DISABLED: "True", AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://10.0.0.2" }, {}, undefined],
  [{}, {}, "http://169.254.169.254"],
  [{ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv6" }, {}, "http://[fd00:ec2::254]"],
  [{}, { ec2_metadata_service_endpoint_mode: "ipv6" }, "http://[fd00:ec2::254]"],
  [{}, { ec2_metadata_service_endpoint: "http://10.0.0.1/" }, "http://10.0.0.1"],
  [{ AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://10.0.0.2" }, { ec2_metadata_service_endpoint: "http://10.0.0.1" }, "http://10.0.0.2"],
])("with the variables %j and the profile %j the metadata service is at %s", (variables, profile, origin) => {
  expect(findMetadataOrigin(variables, new Map(Object.entries(profile)))).toBe(origin);
});
