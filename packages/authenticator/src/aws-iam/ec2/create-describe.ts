import type { Fetch } from "@kubepass/network";
import { CredentialError, findPartitionOfRegion } from "@kubepass/wire";
import type { AwsIamMetrics } from "../metrics.ts";
import { callAws } from "./call-aws.ts";
import type { GetAwsCredentials } from "./credentials.ts";
import { formatDescribeInstances, parseDescribeInstances } from "./describe-instances.ts";
import type { PrivateDnsNamesOptions } from "./private-dns-names.ts";

/** How EC2 is asked: where, as whom, over which network. */
export interface DescribeOptions {
  readonly region: string;
  readonly credentials: GetAwsCredentials;
  readonly fetch: Fetch;
  readonly now: () => Date;
  readonly metrics: AwsIamMetrics;
}

/** Asks EC2 for private DNS names; throws `AWS_CALL_FAILED`, `CONFIG_INVALID` and what the network throws. */
export function createDescribe(options: DescribeOptions): PrivateDnsNamesOptions["describe"] {
  return async (ids) => {
    const { region, fetch, now, metrics } = options;
    const partition = findPartitionOfRegion(region);
    if (partition === undefined) throw new CredentialError("CONFIG_INVALID", "the region of EC2 is not known: set AWS_REGION");
    metrics.countDescribeInstances();
    const call = { host: `ec2.${region}.${partition.suffix}`, region, service: "ec2", parameters: formatDescribeInstances(ids) };
    const names = parseDescribeInstances(await callAws(call, await options.credentials(), now(), fetch));
    if (names === undefined) throw new CredentialError("AWS_CALL_FAILED", `the answer of ${call.host} is not that of DescribeInstances`);
    return names;
  };
}
