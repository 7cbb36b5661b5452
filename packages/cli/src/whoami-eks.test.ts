import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeUser, type FakeUser } from "./test-support/run-in-process.ts";

let user: FakeUser;
beforeEach(() => (user = createFakeUser()));
afterEach(() => user.remove());

const variables = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "hunter2-hunter2" };

async function getToken(): Promise<string> {
  const ran = await user.run(["get-token", "eks", "--cluster-name=prod", "--region=eu-central-1"], { variables });
  expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
  const { token } = JSON.parse(ran.stdout).status;
  return String(token);
}

test.each([["eks"], ["--offline"]])("whoami %s says what an EKS token says of itself", async (word) => {
  const token = await getToken();
  const ran = await user.run(["whoami", word]);
  expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
  expect(ran.stdout).toMatch(/cluster +prod\n/);
  expect(ran.stdout).toMatch(/access key +AKIAEXAMPLE\n/);
  expect(ran.stdout).toMatch(/region +eu-central-1\n/);
  expect(ran.stdout).toContain("an EKS token has no claims");
  expect(ran.stdout).toContain("the credential is good until");
  expect(ran.stdout).not.toContain(token);
});

test("whoami eks is JSON for programs, without token or signature", async () => {
  const token = await getToken();
  const ran = await user.run(["whoami", "eks", "--output=json"]);
  const document: unknown = JSON.parse(ran.stdout);
  expect(document).toMatchObject({
    verifiedByCluster: false,
    provider: "eks",
    eksToken: { cluster: "prod", accessKeyId: "AKIAEXAMPLE", isTemporary: false, region: "eu-central-1" },
  });
  expect(ran.stdout).not.toContain(token);
  expect(ran.stdout).not.toContain(/X-Amz-Signature=(\w+)/.exec(Buffer.from(token.slice(11), "base64url").toString())?.[1]);
});
