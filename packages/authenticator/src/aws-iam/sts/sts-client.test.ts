import { createFetch } from "@kubepass/network";
import { createTestNetworkHost, type TestNetworkHost } from "@kubepass/network/test-support";
import { type AwsFault, type AwsKey, type AwsStandIn, createEksToken, startReachableAws } from "@kubepass/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsIamMetrics } from "../metrics.ts";
import { noMetrics } from "../test-support/no-metrics.ts";
import { judgeEksToken } from "./judge-eks-token.ts";
import { defaultStsLimits, StsClient, type StsLimits } from "./sts-client.ts";

interface Scene {
  readonly aws: AwsStandIn;
  readonly host: TestNetworkHost;
  readonly client: StsClient;
  readonly counted: string[];
  createToken(key: AwsKey, clusterId?: string, region?: string): string;
  ask(token: string): Promise<string>;
  stsCalls(): number;
}

async function createScene(limits: Partial<StsLimits> = {}, totalTimeoutMs = 10_000): Promise<Scene> {
  const { aws, proxy, authorityPem, close } = await startReachableAws();
  onTestFinished(close);
  const host = createTestNetworkHost({ HTTPS_PROXY: proxy.url });
  aws.clock = () => host.clock.now();
  const counted: string[] = [];
  const metrics: AwsIamMetrics = {
    ...noMetrics,
    countStsResponse: (status, region) => void counted.push(`${status} ${region}`),
    countConnectionFailure: (region) => void counted.push(`failure ${region}`),
    countThrottling: (region) => void counted.push(`throttling ${region}`),
    countBackOff: (region) => void counted.push(`back-off ${region}`),
  };
  const fetch = createFetch({ certificateAuthorityPems: [authorityPem], totalTimeoutMs, maxResponseBytes: 65_536, maxRetries: 0 }, host);
  const now = (): Date => host.clock.now();
  const client = new StsClient({ clusterId: "prod", fetch, limits: { ...defaultStsLimits, ...limits }, now, metrics });
  return {
    aws,
    host,
    client,
    counted,
    createToken: (key, clusterId = "prod", region = "us-west-2") => createEksToken(key, { clusterId, region, signedAt: now() }),
    async ask(token) {
      const accepted = judgeEksToken(token, { partition: "aws", clockToleranceSeconds: 300 }, now());
      if (accepted.kind === "refused") return accepted.code;
      const verdict = await client.identify(token, accepted.parts, accepted.expiresAt);
      return verdict.kind === "identified" ? verdict.identity.arn : verdict.code;
    },
    stsCalls: () => aws.requests.length,
  };
}

const alice = "arn:aws:iam::123456789012:user/alice";

describe("asking STS", () => {
  it("happens once for a token, however often and by however many it is shown", async () => {
    const scene = await createScene();
    const token = scene.createToken(scene.aws.accounts.addUser("alice"));
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await scene.ask(token)));
    expect(new Set(answers)).toEqual(new Set([alice]));
    expect(await scene.ask(token)).toBe(alice);
    expect(scene.stsCalls()).toBe(1);
    expect(scene.counted).toEqual(["200 us-west-2"]);
  });

  it("sends what was rebuilt: the exact names, our own cluster, and nothing of the client's", async () => {
    const scene = await createScene();
    await scene.ask(scene.createToken(scene.aws.accounts.addUser("alice")));
    const [request] = scene.aws.requests;
    expect(request).toMatchObject({ host: "sts.us-west-2.amazonaws.com", method: "GET", path: "/", action: "GetCallerIdentity" });
    expect(Object.keys(request?.parameters ?? {}).toSorted()).toEqual([
      "Action",
      "Version",
      "X-Amz-Algorithm",
      "X-Amz-Credential",
      "X-Amz-Date",
      "X-Amz-Expires",
      "X-Amz-Signature",
      "X-Amz-SignedHeaders",
    ]);
    expect(request?.headers).toMatchObject({ "x-k8s-aws-id": "prod", accept: "application/json" });
  });

  it("is over with the token, which is then refused without a question", async () => {
    const scene = await createScene();
    const token = scene.createToken(scene.aws.accounts.addUser("alice"));
    expect(await scene.ask(token)).toBe(alice);
    scene.host.advance(900_000);
    expect(await scene.ask(token)).toBe("TOKEN_EXPIRED");
    expect(scene.stsCalls()).toBe(1);
  });

  it("refuses the token of another cluster, and asks again after a moment", async () => {
    const scene = await createScene();
    const token = scene.createToken(scene.aws.accounts.addUser("alice"), "another");
    expect(await scene.ask(token)).toBe("STS_REFUSED");
    expect(await scene.ask(token)).toBe("STS_REFUSED");
    expect(scene.stsCalls()).toBe(1);
    scene.host.advance(5001);
    await scene.ask(token);
    expect(scene.stsCalls()).toBe(2);
  });

  it.each<[AwsFault, string, number]>([
    ["throttle", "STS_THROTTLED", 1],
    ["unavailable", "STS_UNAVAILABLE", 2],
    ["internal-error", "STS_UNAVAILABLE", 2],
    ["redirect", "STS_REDIRECTED", 1],
    ["stall", "STS_UNREACHABLE", 1],
    ["flood", "STS_UNREACHABLE", 1],
    ["hang-up", "STS_UNREACHABLE", 1],
    ["not-a-document", "STS_ANSWER_INVALID", 1],
  ])("that goes wrong with %s is doubt (%s) after %d tries, and is remembered by nobody", async (fault, code, tries) => {
    const scene = await createScene({}, fault === "stall" ? 1000 : undefined);
    const token = scene.createToken(scene.aws.accounts.addUser("alice"));
    scene.aws.fail("sts", fault, 2);
    expect(await scene.ask(token)).toBe(code);
    expect(scene.stsCalls()).toBe(tries);
    scene.aws.clearFaults();
    scene.host.advance(2000);
    expect(await scene.ask(token)).toBe(alice);
  });

  it("is repeated once when STS is broken for a moment", async () => {
    const scene = await createScene();
    scene.aws.fail("sts", "unavailable");
    expect(await scene.ask(scene.createToken(scene.aws.accounts.addUser("alice")))).toBe(alice);
    expect(scene.stsCalls()).toBe(2);
  });

  it("stops for a moment when a region keeps failing, and then one question tries", async () => {
    const scene = await createScene();
    scene.aws.fail("sts", "unavailable", 1000);
    const keys = Array.from({ length: 8 }, (_, index) => scene.aws.accounts.addUser(`u${index}`));
    const codes = [];
    for (const key of keys) codes.push(await scene.ask(scene.createToken(key)));
    expect(codes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "STS_UNAVAILABLE"));
    expect(codes.slice(5)).toEqual(Array.from({ length: 3 }, () => "STS_PAUSED"));
    expect(scene.stsCalls()).toBe(10);
    scene.aws.clearFaults();
    scene.host.advance(1001);
    expect(await scene.ask(scene.createToken(scene.aws.accounts.addUser("alice")))).toBe(alice);
  });

  describe("for an access key that it throttles", () => {
    it("waits, longer each time, and asks for nobody else any the less", async () => {
      const scene = await createScene();
      const key = scene.aws.accounts.addUser("alice");
      // Each with a token of its own, as clients come back with new ones.
      const askAnew = async (): Promise<string> => {
        scene.host.advance(1000);
        return await scene.ask(scene.createToken(key));
      };
      scene.aws.fail("sts", "throttle", 100);
      const codes = [];
      for (let second = 0; second < 32; second += 1) codes.push((await askAnew()) === "STS_THROTTLED" ? second : -1);
      // After 1 s, 2, 4, 8, and 10 each time from then on.
      expect(codes.filter((second) => second >= 0)).toEqual([0, 1, 3, 7, 15, 25]);
      expect(scene.counted.filter((text) => text === "back-off us-west-2")).toHaveLength(26);
      scene.aws.clearFaults();
      expect(await scene.ask(scene.createToken(scene.aws.accounts.addUser("bob")))).toBe(alice.replace("alice", "bob"));
      expect(await askAnew()).toBe("STS_BACK_OFF");
      scene.host.advance(10_000);
      expect(await askAnew()).toBe(alice);
      scene.aws.fail("sts", "throttle");
      expect(await askAnew()).toBe("STS_THROTTLED");
      expect(await askAnew()).toBe(alice);
    });

    it("says how long to wait, is not a refusal, and tells all who come at once the same", async () => {
      const scene = await createScene();
      const key = scene.aws.accounts.addUser("alice");
      const tokens = Array.from({ length: 10 }, () => {
        scene.host.advance(1000);
        return scene.createToken(key);
      });
      scene.aws.fail("sts", "throttle", 10);
      expect(new Set(await Promise.all(tokens.map(async (token) => await scene.ask(token))))).toEqual(new Set(["STS_THROTTLED"]));
      const token = tokens[0] ?? "";
      const accepted = judgeEksToken(token, { partition: "aws", clockToleranceSeconds: 300 }, scene.host.clock.now());
      if (accepted.kind === "refused") throw new Error(accepted.code);
      scene.host.advance(400);
      expect(await scene.client.identify(token, accepted.parts, accepted.expiresAt)).toMatchObject({
        kind: "uncertain",
        code: "STS_BACK_OFF",
        retryAfterMs: 600,
      });
    });

    it("still answers tokens that were confirmed before, and asks in another region", async () => {
      const scene = await createScene();
      const key = scene.aws.accounts.addUser("alice");
      const confirmed = scene.createToken(key);
      expect(await scene.ask(confirmed)).toBe(alice);
      scene.host.advance(1000);
      scene.aws.fail("sts", "throttle");
      expect(await scene.ask(scene.createToken(key))).toBe("STS_THROTTLED");
      expect(await scene.ask(confirmed)).toBe(alice);
      expect(await scene.ask(scene.createToken(key, "prod", "eu-central-1"))).toBe(alice);
      expect(await scene.ask(scene.createToken(key))).toBe("STS_BACK_OFF");
    });

    it("is not kept waiting by a question that was not asked", async () => {
      const scene = await createScene({ perSecond: 0.001, burst: 2 });
      const key = scene.aws.accounts.addUser("alice");
      scene.aws.fail("sts", "throttle");
      expect(await scene.ask(scene.createToken(key))).toBe("STS_THROTTLED");
      expect(await scene.ask(scene.createToken(scene.aws.accounts.addUser("bob")))).toBe(alice.replace("alice", "bob"));
      scene.host.advance(1000);
      expect(await scene.ask(scene.createToken(key))).toBe("STS_RATE_LIMITED");
      expect(await scene.ask(scene.createToken(key))).toBe("STS_RATE_LIMITED");
    });
  });

  it.each<[AwsFault, string]>([
    ["throttle", "STS_THROTTLED"],
    ["not-a-document", "STS_ANSWER_INVALID"],
  ])("goes on for everybody else when tokens of one account are answered with %s", async (fault, code) => {
    const scene = await createScene();
    scene.aws.fail("sts", fault, 12);
    const codes = [];
    for (let index = 0; index < 12; index += 1) codes.push(await scene.ask(scene.createToken(scene.aws.accounts.addUser(`eve${index}`))));
    expect(new Set(codes)).toEqual(new Set([code]));
    expect(await scene.ask(scene.createToken(scene.aws.accounts.addUser("alice")))).toBe(alice);
  });

  it("stays below its rate, whatever is thrown at it", async () => {
    const scene = await createScene({ perSecond: 10, burst: 3 });
    const key = scene.aws.accounts.addUser("alice");
    const tokens = Array.from({ length: 5 }, (_, index) => {
      scene.host.advance(index === 0 ? 0 : 1);
      return scene.createToken(key, index === 0 ? "prod" : `prod-${index}`);
    });
    const codes = [];
    for (const token of tokens) codes.push(await scene.ask(token));
    expect(codes.filter((code) => code === "STS_RATE_LIMITED")).toHaveLength(2);
    expect(scene.stsCalls()).toBe(3);
  });

  it("leaves no trace of a token in any line of the log", async () => {
    const scene = await createScene();
    const key = scene.aws.accounts.addUser("alice");
    for (const fault of ["throttle", "redirect", "flood", "hang-up"] as const) {
      scene.aws.fail("sts", fault);
      await scene.ask(scene.createToken(key));
    }
    const text = JSON.stringify(scene.host.lines);
    expect(text).toContain("sts.us-west-2.amazonaws.com");
    expect(text).not.toMatch(/X-Amz|Signature|k8s-aws-v1|GetCallerIdentity/);
  });
});
