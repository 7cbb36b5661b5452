import { createTestNetworkHost } from "@kubepass/network/test-support";
import { type JsonObject, Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { noMetrics } from "../aws-iam/test-support/no-metrics.ts";
import { configurationOf } from "../test-support/jwt-scene.ts";
import { encodePart } from "../test-support/sign-jwt.ts";
import type { Verifier } from "../verifier.ts";
import { jwtFactory } from "./jwt-factory.ts";

const files: Readonly<Record<string, string>> = { "authentication.yaml": configurationOf() };

async function create(settings: JsonObject): Promise<Verifier> {
  const host = { ...createTestNetworkHost(), signal: new AbortController().signal };
  const cache = { maxEntries: 0, successMs: 0, refusalMs: 0 };
  const readFile = async (path: string): Promise<string> => await Promise.resolve(files[path] ?? "");
  return await jwtFactory.create(settings, { host, awsIamMetrics: noMetrics, cache, readFile });
}

function check(settings: JsonObject): readonly string[] {
  const problems: string[] = [];
  jwtFactory.check(settings, "jwt", (path, problem) => problems.push(`${path} ${problem}`));
  return problems;
}

const configFile = "authentication.yaml";
const issuer = "https://issuer.test";
const flags = [`--oidc-issuer-url=${issuer}`, "--oidc-client-id=cluster"];

describe("the settings of JWTs", () => {
  it.each([
    [{}, "needs one of configFile, config and oidcFlags"],
    [{ configFile, oidcFlags: flags }, "needs one of configFile, config and oidcFlags"],
    [{ oidcFlags: ["--oidc-issuer-url", issuer] }, "jwt.oidcFlags[0] must be one of kube-apiserver's flags"],
    [{ oidcFlags: ["--v=2"] }, "jwt.oidcFlags[0] must be one of kube-apiserver's flags"],
    [{ configFile, distributedClaims: [{}] }, "jwt.distributedClaims[0].issuer is missing"],
    [{ configFile, distributedClaims: [{ issuer, origins: ["http://claims.test"] }] }, "origins[0] must be an origin"],
    [{ configFile, distributedClaims: [{ issuer, origins: ["https://claims.test/path"] }] }, "origins[0] must be an origin"],
    [{ configFile, distributedClaims: [{ issuer, origins: ["https://CLAIMS.test"] }] }, "origins[0] must be an origin"],
  ])("are refused: %j", (settings, problem) => {
    expect(check(JSON.parse(JSON.stringify(settings))).join("; ")).toContain(problem);
  });

  it.each([
    [{ configFile, serviceAccountIssuers: [issuer] }, "disallowed issuers"],
    [{ oidcFlags: flags, serviceAccountIssuers: [issuer] }, "disallowed issuers"],
    [{ oidcFlags: flags.slice(1) }, "must be specified together"],
    [{ oidcFlags: [...flags, "--oidc-signing-algs=HS256"] }, "unsupported signing alg"],
    [{ oidcFlags: [...flags, "--oidc-ca-file=empty.pem"], serviceAccountIssuers: [issuer] }, "disallowed issuers"],
    [{ configFile, distributedClaims: [{ issuer: "https://other.test" }] }, "has no such issuer"],
    [{ oidcFlags: flags, distributedClaims: [{ issuer }] }, "its groups come from no claim"],
    [{ configFile, distributedClaims: [{ issuer, answerIssuers: ["http://a.test"] }] }, "http://a.test of answers is no https URL"],
  ])("are refused when what they name is read: %j", async (settings, problem) => {
    await expect(create(JSON.parse(JSON.stringify(settings)))).rejects.toThrow(problem);
  });

  it("take kube-apiserver's flags, with the algorithms that they take", async () => {
    expect(check({ oidcFlags: flags })).toEqual([]);
    const verifier = await create({ oidcFlags: flags });
    const token = [{ alg: "ES256" }, { iss: issuer }].map((each) => encodePart(JSON.stringify(each))).join(".");
    expect(verifier.claims(`${token}.AA`)).toBe(true);
    const context = { audiences: [], now: new Date(), signal: new AbortController().signal };
    expect(await verifier.verify(new Secret(`${token}.AA`), context)).toMatchObject({ kind: "refused", code: "ALGORITHM_REFUSED" });
    await verifier.close?.();
  });

  it("close what fetches claims", async () => {
    const distributedClaims = [{ issuer, origins: ["https://claims.test"], answerIssuers: ["https://claims.test"] }];
    expect(check({ configFile, distributedClaims })).toEqual([]);
    await (await create({ configFile, distributedClaims })).close?.();
  });
});
