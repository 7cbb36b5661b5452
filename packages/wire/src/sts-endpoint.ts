import { type AwsPartition, findPartition, findPartitionOfRegion } from "./aws-partitions.ts";

/** Which of a region's hosts of STS is meant. */
export type StsVariant = "regional" | "global" | "fips" | "dual-stack" | "fips-dual-stack";

/** One host of AWS's Security Token Service, as AWS publishes it; hosts of VPC endpoints and ports are not among them. */
export interface StsEndpoint {
  readonly host: string;
  /** What a signature for this host is scoped to; `us-east-1` for the global host. */
  readonly region: string;
  /** Name of the partition, such as `aws-cn`. */
  readonly partition: string;
  readonly isGlobal: boolean;
}

/** Every variant. */
export const stsVariants: readonly StsVariant[] = ["regional", "global", "fips", "dual-stack", "fips-dual-stack"];

const globalEndpoint: StsEndpoint = { host: "sts.amazonaws.com", region: "us-east-1", partition: "aws", isGlobal: true };

function formatHost(variant: Exclude<StsVariant, "global">, region: string, partition: AwsPartition): string {
  switch (variant) {
    case "regional":
      return `sts.${region}.${partition.suffix}`;
    case "fips":
      // In GovCloud the plain host is the validated one.
      return `${partition.name === "aws-us-gov" ? "sts" : "sts-fips"}.${region}.${partition.suffix}`;
    case "dual-stack":
      return `sts.${region}.${partition.dualStackSuffix}`;
    case "fips-dual-stack":
      return `sts-fips.${region}.${partition.dualStackSuffix}`;
  }
}

/**
 * The endpoint of a region. The partition follows from the region's name; a name of a new form needs `partition`.
 * `undefined` when the region has no such endpoint: the global host serves the partition `aws` alone.
 */
export function findStsEndpoint(region: string, variant: StsVariant, partitionName?: string): StsEndpoint | undefined {
  const natural = findPartitionOfRegion(region);
  const partition = partitionName === undefined ? natural : findPartition(partitionName);
  if (partition === undefined || !/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(region)) return undefined;
  if (natural !== undefined && natural !== partition) return undefined;
  if (variant === "global") return partition.name === "aws" ? globalEndpoint : undefined;
  return { host: formatHost(variant, region, partition), region, partition: partition.name, isGlobal: false };
}

/**
 * The endpoint with exactly this host, to the byte: lower case, no port, no final dot. `extraRegions` are regions whose
 * names no partition's form covers yet, by partition name. `undefined` for every other text.
 */
export function parseStsHost(host: string, extraRegions: Readonly<Record<string, readonly string[]>> = {}): StsEndpoint | undefined {
  if (host === globalEndpoint.host) return globalEndpoint;
  const region = /^sts(?:-fips)?\.([a-z0-9-]{1,32})\./.exec(host)?.[1];
  if (region === undefined) return undefined;
  const named = Object.keys(extraRegions).find((name) => extraRegions[name]?.includes(region));
  return stsVariants
    .filter((variant) => variant !== "global")
    .map((variant) => findStsEndpoint(region, variant, named))
    .find((endpoint) => endpoint?.host === host);
}
