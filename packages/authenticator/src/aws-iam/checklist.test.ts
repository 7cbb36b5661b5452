import * as fc from "fast-check";
import { Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { AwsIamVerifier } from "./aws-iam-verifier.ts";
import { MappingIndex } from "./mapping/mapping-index.ts";
import { parseAwsAuth } from "./mapping/parse-mapping.ts";
import { StsClient, defaultStsLimits } from "./sts/sts-client.ts";
import { isPair, predict, type Violation, violations } from "./test-support/checklist-violations.ts";
import { account, createWorld, sessionToken, signature, type World, writeToken } from "./test-support/checklist-world.ts";
import { noMetrics } from "./test-support/no-metrics.ts";

function answerOf({ answer, ...told }: World): Response {
  if (answer instanceof Error) throw answer;
  const result = { Arn: told.arn, Account: told.account, UserId: told.userId };
  const body = answer.body ?? JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: result } });
  return new Response(body, { status: answer.status, headers: { "content-type": answer.type } });
}

interface Asked {
  readonly code: string;
  readonly told: string;
  readonly urls: readonly string[];
  readonly headers: readonly (string | null)[];
}

async function ask(world: World): Promise<Asked> {
  const urls: string[] = [];
  const headers: (string | null)[] = [];
  const sts = new StsClient({
    clusterId: "own-cluster",
    fetch: async (url, request) => {
      urls.push(url);
      headers.push(...["x-k8s-aws-id", "accept"].map((name) => new Headers(request?.headers).get(name)));
      return await Promise.resolve(answerOf(world));
    },
    limits: defaultStsLimits,
    now: () => world.now,
    metrics: noMetrics,
  });
  const verifier = new AwsIamVerifier({
    policy: { partition: "aws", clockToleranceSeconds: 300 },
    sts,
    backends: () => [
      {
        name: "EKSConfigMap",
        index: new MappingIndex(parseAwsAuth({ mapRoles: `- {rolearn: "arn:aws:iam::${account}:role/Admin", username: admin}` })),
        reservedPrefixes: [],
      },
    ],
    scrubbedAccounts: new Set(),
    findPrivateDnsName: async () => await Promise.resolve({ kind: "unknown" }),
    metrics: noMetrics,
    log: () => {},
  });
  const verdict = await verifier.verify(new Secret(writeToken(world)), {
    now: world.now,
    audiences: [],
    signal: new AbortController().signal,
  });
  return { code: verdict.kind === "verified" ? "verified" : verdict.code, told: JSON.stringify(verdict), urls, headers };
}

async function judge(some: readonly Violation[]): Promise<Asked> {
  const world = createWorld();
  for (const { violate } of some) violate(world);
  return await ask(world);
}

/** What {@link predict} predicts, and what of the token shows in the verdict. */
function observe({ code, told, urls }: Asked): object {
  return { code, isAsked: urls.length > 0, shown: [signature, sessionToken, "X-Amz-Signature"].filter((secret) => told.includes(secret)) };
}

describe("the checklist of a token and of the answer about it", () => {
  it("lets an unviolated one through, and asks STS with what is rebuilt and our own cluster", async () => {
    const asked = await judge([]);
    expect(observe(asked)).toEqual({ ...predict([]), shown: [] });
    expect(asked.headers).toEqual(["own-cluster", "application/json"]);
    expect(asked.urls).toEqual([
      expect.stringMatching(/^https:\/\/sts\.us-west-2\.amazonaws\.com\/\?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-/),
    ]);
  });

  it("has each row violated", () => {
    const rows = new Set(violations.map(({ row }) => row));
    const numbered = Array.from({ length: 24 }, (_, index) => String(index + 1));
    expect(numbered.filter((row) => !rows.has(row))).toEqual([]);
    expect(rows.has("host")).toBe(true);
  });

  it.each(violations)("row $row, $part: $what", async (violation) => {
    expect(observe(await judge([violation]))).toEqual({ ...predict([violation]), shown: [] });
  });

  it("has any two violated at once, and the one that is seen first decides", async () => {
    const pairs = fc.tuple(fc.constantFrom(...violations), fc.constantFrom(...violations)).filter(([one, other]) => isPair(one, other));
    await fc.assert(
      fc.asyncProperty(pairs, async (pair) => {
        expect(observe(await judge(pair))).toEqual({ ...predict(pair), shown: [] });
      }),
      { numRuns: 1500 },
    );
  });
});
