import { type AwsMetadata, createAwsAccounts, startAwsMetadata } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createFakeUser, type FakeUser, type Ran } from "./test-support/run-in-process.ts";
import { writeKubeconfig } from "./test-support/write-kubeconfig.ts";

let metadata: AwsMetadata;
let user: FakeUser;

beforeAll(async () => {
  const accounts = createAwsAccounts();
  metadata = await startAwsMetadata(accounts, accounts.addUser("machine").identity);
});
beforeEach(() => (user = createFakeUser()));
afterEach(() => user.remove());
afterAll(async () => await metadata.close());

const contexts = ["one", "two", "three"];

function writeContexts(): void {
  const exec = (cluster: string) => ({
    apiVersion: "client.authentication.k8s.io/v1",
    interactiveMode: "IfAvailable",
    command: "kubepass",
    args: ["get-token", "eks", `--cluster-name=${cluster}`],
  });
  const kubeconfig = {
    clusters: [{ name: "c", cluster: { server: "https://c.example.com" } }],
    users: contexts.map((name) => ({ name, user: { exec: exec(name) } })),
    contexts: contexts.map((name) => ({ name, context: { cluster: "c", user: name } })),
  };
  writeKubeconfig(user, JSON.stringify(kubeconfig));
}

async function run(...argv: readonly string[]): Promise<Ran> {
  return await user.run(argv, { variables: { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.origin } });
}

test("status says of a context in the machine's own region that it is not known, and asks nobody", async () => {
  writeContexts();
  expect((await run("get-token", "eks", "--cluster-name=one")).exitCode).toBe(0);
  const asked = metadata.requests.length;
  expect(asked).toBeGreaterThan(0);
  const told = await run("status");
  expect(metadata.requests.length).toBe(asked);
  expect([told.exitCode, told.stderr]).toEqual([0, ""]);
  expect(told.stdout).toContain("one in us-west-2 by the machine's role");
  expect(told.stdout).toMatch(
    /two +its region is this machine's own, which is asked only for a token: set\s+AWS_REGION to have it known\n/,
  );
});

test("whoami --offline finds the credential in the machine's own region, and asks nobody", async () => {
  expect((await run("get-token", "eks", "--cluster-name=one")).exitCode).toBe(0);
  expect((await run("get-token", "eks", "--cluster-name=two")).exitCode).toBe(0);
  const asked = metadata.requests.length;
  const told = await run("whoami", "eks", "--offline", "--cluster-name=two");
  expect(metadata.requests.length).toBe(asked);
  expect([told.exitCode, told.stderr]).toEqual([0, ""]);
  expect(told.stdout).toMatch(/cluster +two\n/);
});

test("logout asks where the machine is, to end the sign-in of exactly that region", async () => {
  expect((await run("get-token", "eks", "--cluster-name=one")).exitCode).toBe(0);
  const asked = metadata.requests.length;
  expect((await run("logout", "eks", "--cluster-name=one")).stdout).toContain("one in us-west-2 by the machine's role");
  expect(metadata.requests.length).toBeGreaterThan(asked);
  expect((await run("status")).stdout).toContain("nobody is signed in");
});
