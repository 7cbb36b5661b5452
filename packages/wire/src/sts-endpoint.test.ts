import { expect, test } from "vitest";
import { awsPartitions, findPartition, findPartitionOfRegion } from "./aws-partitions.ts";
import { findStsEndpoint, parseStsHost, stsVariants } from "./sts-endpoint.ts";

const regions: readonly [region: string, partition: string][] = [
  ["us-east-1", "aws"],
  ["ap-southeast-7", "aws"],
  ["mx-central-1", "aws"],
  ["il-central-1", "aws"],
  ["cn-northwest-1", "aws-cn"],
  ["us-gov-west-1", "aws-us-gov"],
  ["us-iso-east-1", "aws-iso"],
  ["us-isob-east-1", "aws-iso-b"],
  ["eu-isoe-west-1", "aws-iso-e"],
  ["us-isof-south-1", "aws-iso-f"],
  ["eusc-de-east-1", "aws-eusc"],
];

test("every partition has a region here", () => {
  expect(new Set(regions.map(([, partition]) => partition))).toEqual(new Set(awsPartitions.map(({ name }) => name)));
});

test("known regions are of their partition's form, and of no other's", () => {
  for (const { name, knownRegions } of awsPartitions)
    expect(knownRegions.map((region) => findPartitionOfRegion(region)?.name)).toEqual(knownRegions.map(() => name));
  for (const [region, partition] of regions) expect(findPartition(partition)?.knownRegions).toContain(region);
});

test.each(regions)("%s is in %s, and each of its hosts leads back to it", (region, partition) => {
  expect(findPartitionOfRegion(region)?.name).toBe(partition);
  for (const variant of stsVariants.filter((each) => each !== "global")) {
    const endpoint = findStsEndpoint(region, variant);
    expect(endpoint).toMatchObject({ region, partition, isGlobal: false });
    expect(parseStsHost(endpoint?.host ?? "")).toEqual(endpoint);
  }
  expect(findStsEndpoint(region, "global")?.host).toBe(partition === "aws" ? "sts.amazonaws.com" : undefined);
});

test.each([
  ["us-gov-west-1", "fips", "sts.us-gov-west-1.amazonaws.com"],
  ["us-gov-west-1", "fips-dual-stack", "sts-fips.us-gov-west-1.api.aws"],
  ["cn-north-1", "fips", "sts-fips.cn-north-1.amazonaws.com.cn"],
  ["us-iso-east-1", "regional", "sts.us-iso-east-1.c2s.ic.gov"],
  ["eusc-de-east-1", "dual-stack", "sts.eusc-de-east-1.api.amazonwebservices.eu"],
] as const)("%s, %s: %s", (region, variant, host) => {
  expect(findStsEndpoint(region, variant)?.host).toBe(host);
});

test("the global host is scoped to us-east-1", () => {
  expect(parseStsHost("sts.amazonaws.com")).toEqual(findStsEndpoint("eu-west-1", "global"));
  expect(parseStsHost("sts.amazonaws.com")).toMatchObject({ region: "us-east-1", isGlobal: true });
});

test("a region of a new form needs its partition", () => {
  expect(findStsEndpoint("moon-1", "regional")).toBeUndefined();
  expect(findStsEndpoint("moon-1", "regional", "aws")?.host).toBe("sts.moon-1.amazonaws.com");
  expect(parseStsHost("sts.moon-1.amazonaws.com")).toBeUndefined();
  expect(parseStsHost("sts.moon-1.amazonaws.com", { aws: ["moon-1"] })?.region).toBe("moon-1");
  expect(parseStsHost("sts.moon-1.amazonaws.com.cn", { aws: ["moon-1"] })).toBeUndefined();
});

test.each([
  ["a region of another partition", "us-east-1", "aws-cn"],
  ["a partition that does not exist", "us-east-1", "aws-moon"],
  ["a region with a dot", "us-east-1.evil", "aws"],
  ["a region with a slash", "x/y", "aws"],
  ["no region", "", "aws"],
])("%s has no endpoint", (_what, region, partition) => {
  expect(findStsEndpoint(region, "regional", partition)).toBeUndefined();
});
