import { Counter, Histogram, type Registry } from "prom-client";
import type { AwsIamMetrics } from "../aws-iam/index.ts";

/** The numbers of the AWS IAM verifier, under aws-iam-authenticator's own names. */
export function createAwsIamMetrics(registry: Registry): AwsIamMetrics {
  const registers = [registry];
  const count = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: `aws_iam_authenticator_${name}`, help, labelNames: [...labelNames], registers });
  const responses = count("sts_responses_total", "Answers of STS by status and region.", ["ResponseCode", "StsRegion"]);
  const failures = count("sts_connection_failures_total", "Questions to STS that got no answer, by region.", ["StsRegion"]);
  const throttling = count("sts_throttling_total", "Answers of STS that it is asked too often, by region.", ["StsRegion"]);
  const backOffs = new Counter({
    name: "kubepass_sts_back_offs_total",
    help: "Questions that STS was not asked, because it had just throttled their access key, by region.",
    labelNames: ["region"],
    registers,
  });
  const describes = count("ec2_describe_instances_calls_total", "Calls of DescribeInstances.");
  const watches = count("configmap_watch_failures_total", "Watches of mappings that broke.");
  const files = count("dynamicfile_failures_total", "Mapping files that could not be read.");
  const latency = new Histogram({
    name: "aws_iam_authenticator_authenticate_latency_seconds",
    help: "Time to judge an EKS token, by result.",
    labelNames: ["result"],
    registers,
  });
  return {
    countStsResponse: (status, StsRegion) => responses.inc({ ResponseCode: String(status), StsRegion }),
    countConnectionFailure: (StsRegion) => failures.inc({ StsRegion }),
    countThrottling: (StsRegion) => throttling.inc({ StsRegion }),
    countBackOff: (region) => backOffs.inc({ region }),
    countDescribeInstances: () => describes.inc(),
    countWatchFailure: () => watches.inc(),
    countDynamicFileFailure: () => files.inc(),
    observeLatency: (result, seconds) => latency.observe({ result }, seconds),
  };
}
