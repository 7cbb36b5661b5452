/** A part of AWS with its own accounts, regions and names. */
export interface AwsPartition {
  /** The second part of its ARNs, such as `aws-us-gov`. */
  readonly name: string;
  /** Whole names of its regions. */
  readonly regions: RegExp;
  /** The domain after `sts.<region>.`. */
  readonly suffix: string;
  /** The domain after `sts.<region>.` for IPv4 and IPv6. */
  readonly dualStackSuffix: string;
}

/** Every partition. Those that name their regions narrowly come before `aws`, whose names are of the general form. */
export const awsPartitions: readonly AwsPartition[] = [
  {
    name: "aws-cn",
    regions: /^cn-[a-z]+-\d{1,2}$/,
    suffix: "amazonaws.com.cn",
    dualStackSuffix: "api.amazonwebservices.com.cn",
  },
  { name: "aws-us-gov", regions: /^us-gov-[a-z]+-\d{1,2}$/, suffix: "amazonaws.com", dualStackSuffix: "api.aws" },
  { name: "aws-iso", regions: /^us-iso-[a-z]+-\d{1,2}$/, suffix: "c2s.ic.gov", dualStackSuffix: "api.aws.ic.gov" },
  {
    name: "aws-iso-b",
    regions: /^us-isob-[a-z]+-\d{1,2}$/,
    suffix: "sc2s.sgov.gov",
    dualStackSuffix: "api.aws.scloud",
  },
  {
    name: "aws-iso-e",
    regions: /^eu-isoe-[a-z]+-\d{1,2}$/,
    suffix: "cloud.adc-e.uk",
    dualStackSuffix: "api.cloud-aws.adc-e.uk",
  },
  {
    name: "aws-iso-f",
    regions: /^us-isof-[a-z]+-\d{1,2}$/,
    suffix: "csp.hci.ic.gov",
    dualStackSuffix: "api.aws.hci.ic.gov",
  },
  { name: "aws-eusc", regions: /^eusc-[a-z]{2}-[a-z]+-\d{1,2}$/, suffix: "amazonaws.eu", dualStackSuffix: "api.amazonwebservices.eu" },
  { name: "aws", regions: /^[a-z]{2}-[a-z]+-\d{1,2}$/, suffix: "amazonaws.com", dualStackSuffix: "api.aws" },
];

/** The partition of a region by the region's name; `undefined` for a name that no partition gives. */
export function findPartitionOfRegion(region: string): AwsPartition | undefined {
  return awsPartitions.find((partition) => partition.regions.test(region));
}

/** The partition of that name; `undefined` when there is none. */
export function findPartition(name: string): AwsPartition | undefined {
  return awsPartitions.find((partition) => partition.name === name);
}
