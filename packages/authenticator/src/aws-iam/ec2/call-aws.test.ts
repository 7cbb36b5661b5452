import { createFetch } from "@kubepass/network";
import { createTestNetworkHost } from "@kubepass/network/test-support";
import { type AwsStandIn, startReachableAws } from "@kubepass/testkit";
import { isCredentialError, Secret } from "@kubepass/wire";
import { describe, expect, it, onTestFinished } from "vitest";
import { noMetrics } from "../test-support/no-metrics.ts";
import { createRoleCredentials } from "./assume-role.ts";
import { createDescribe } from "./create-describe.ts";
import type { GetAwsCredentials } from "./credentials.ts";

interface Scene {
  readonly aws: AwsStandIn;
  readonly base: GetAwsCredentials;
  describe(ids: readonly string[], credentials?: GetAwsCredentials): Promise<unknown>;
  assume(roleArn: string): GetAwsCredentials;
}

async function createScene(): Promise<Scene> {
  const { aws, proxy, authorityPem, close } = await startReachableAws();
  onTestFinished(close);
  const host = createTestNetworkHost({ HTTPS_PROXY: proxy.url });
  aws.clock = () => host.clock.now();
  const fetch = createFetch({ certificateAuthorityPems: [authorityPem] }, host);
  const now = (): Date => host.clock.now();
  const key = aws.accounts.addUser("server");
  const base: GetAwsCredentials = async () => ({ accessKeyId: key.accessKeyId, secretAccessKey: new Secret(key.secretAccessKey) });
  return {
    aws,
    base,
    async describe(ids, credentials = base) {
      try {
        return [...(await createDescribe({ region: "us-west-2", credentials, fetch, now, metrics: noMetrics })(ids))];
      } catch (error) {
        return isCredentialError(error) ? `${error.code}: ${error.message}` : error;
      }
    },
    assume: (roleArn) =>
      createRoleCredentials({ roleArn, sourceArn: "arn:aws:eks:us-west-2:123456789012:cluster/a", region: "us-west-2" }, base, fetch, now),
  };
}

const roleArn = "arn:aws:iam::123456789012:role/describer";

describe("a signed call of EC2", () => {
  it("finds the names of known instances beside unknown ones, with a signature that EC2 takes", async () => {
    const scene = await createScene();
    scene.aws.instances.set("i-00000001", "ip-1.internal");
    expect(await scene.describe(["i-00000001", "i-0000dead"])).toEqual([["i-00000001", "ip-1.internal"]]);
  });

  it("is refused with a wrong key, and says so without the key", async () => {
    const scene = await createScene();
    const { accessKeyId } = await scene.base();
    expect(await scene.describe(["i-00000001"], async () => ({ accessKeyId, secretAccessKey: new Secret("wrong") }))).toMatch(
      /^AWS_CALL_FAILED: ec2\.us-west-2\.amazonaws\.com answered \w+$/,
    );
  });

  it.each(["throttle", "unavailable", "redirect", "not-a-document"] as const)("fails when EC2 answers with %s", async (fault) => {
    const scene = await createScene();
    scene.aws.fail("ec2", fault, 5);
    expect(await scene.describe(["i-00000001"])).toMatch(/^AWS_CALL_FAILED/);
  });

  it("is made in a role when there is one, which is assumed once and says for whom", async () => {
    const scene = await createScene();
    scene.aws.accounts.addRole({ arn: roleArn });
    scene.aws.instances.set("i-00000001", "ip-1.internal");
    const credentials = scene.assume(roleArn);
    for (let count = 0; count < 2; count += 1)
      expect(await scene.describe(["i-00000001"], credentials)).toEqual([["i-00000001", "ip-1.internal"]]);
    const assumed = scene.aws.requests.filter(({ action }) => action === "AssumeRole");
    expect(assumed).toHaveLength(1);
    expect(assumed[0]?.headers).toMatchObject({
      "x-amz-source-account": "123456789012",
      "x-amz-source-arn": "arn:aws:eks:us-west-2:123456789012:cluster/a",
    });
  });

  it("fails when the role may not be assumed", async () => {
    const scene = await createScene();
    expect(await scene.describe(["i-00000001"], scene.assume(roleArn))).toBe(
      "AWS_CALL_FAILED: sts.us-west-2.amazonaws.com answered AccessDenied",
    );
  });
});
