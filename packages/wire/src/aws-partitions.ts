/** A part of AWS with its own accounts, regions and names. */
export interface AwsPartition {
  /** The second part of its ARNs, such as `aws-us-gov`. */
  readonly name: string;
  /** Whole names of its regions. */
  readonly regions: RegExp;
  /** Its regions as of November 2026; AWS opens new ones, of the same form. */
  readonly knownRegions: readonly string[];
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
    knownRegions: ["cn-north-1", "cn-northwest-1"],
    suffix: "amazonaws.com.cn",
    dualStackSuffix: "api.amazonwebservices.com.cn",
  },
  {
    name: "aws-us-gov",
    regions: /^us-gov-[a-z]+-\d{1,2}$/,
    knownRegions: ["us-gov-east-1", "us-gov-west-1"],
    suffix: "amazonaws.com",
    dualStackSuffix: "api.aws",
  },
  {
    name: "aws-iso",
    regions: /^us-iso-[a-z]+-\d{1,2}$/,
    knownRegions: ["us-iso-east-1", "us-iso-west-1"],
    suffix: "c2s.ic.gov",
    dualStackSuffix: "api.aws.ic.gov",
  },
  {
    name: "aws-iso-b",
    regions: /^us-isob-[a-z]+-\d{1,2}$/,
    knownRegions: ["us-isob-east-1", "us-isob-west-1"],
    suffix: "sc2s.sgov.gov",
    dualStackSuffix: "api.aws.scloud",
  },
  {
    name: "aws-iso-e",
    regions: /^eu-isoe-[a-z]+-\d{1,2}$/,
    knownRegions: ["eu-isoe-west-1"],
    suffix: "cloud.adc-e.uk",
    dualStackSuffix: "api.cloud-aws.adc-e.uk",
  },
  {
    name: "aws-iso-f",
    regions: /^us-isof-[a-z]+-\d{1,2}$/,
    knownRegions: ["us-isof-east-1", "us-isof-south-1"],
    suffix: "csp.hci.ic.gov",
    dualStackSuffix: "api.aws.hci.ic.gov",
  },
  {
    name: "aws-eusc",
    regions: /^eusc-[a-z]{2}-[a-z]+-\d{1,2}$/,
    knownRegions: ["eusc-de-east-1"],
    suffix: "amazonaws.eu",
    dualStackSuffix: "api.amazonwebservices.eu",
  },
  {
    name: "aws",
    regions: /^[a-z]{2}-[a-z]+-\d{1,2}$/,
    knownRegions: [
      "af-south-1",
      "ap-east-1",
      "ap-east-2",
      "ap-northeast-1",
      "ap-northeast-2",
      "ap-northeast-3",
      "ap-south-1",
      "ap-south-2",
      "ap-southeast-1",
      "ap-southeast-2",
      "ap-southeast-3",
      "ap-southeast-4",
      "ap-southeast-5",
      "ap-southeast-6",
      "ap-southeast-7",
      "ca-central-1",
      "ca-west-1",
      "eu-central-1",
      "eu-central-2",
      "eu-north-1",
      "eu-south-1",
      "eu-south-2",
      "eu-west-1",
      "eu-west-2",
      "eu-west-3",
      "il-central-1",
      "me-central-1",
      "me-south-1",
      "me-west-1",
      "mx-central-1",
      "sa-east-1",
      "sa-west-1",
      "us-east-1",
      "us-east-2",
      "us-west-1",
      "us-west-2",
    ],
    suffix: "amazonaws.com",
    dualStackSuffix: "api.aws",
  },
];

/** The partition of a region by the region's name; `undefined` for a name that no partition gives. */
export function findPartitionOfRegion(region: string): AwsPartition | undefined {
  return awsPartitions.find((partition) => partition.regions.test(region));
}

/** The partition of that name; `undefined` when there is none. */
export function findPartition(name: string): AwsPartition | undefined {
  return awsPartitions.find((partition) => partition.name === name);
}
