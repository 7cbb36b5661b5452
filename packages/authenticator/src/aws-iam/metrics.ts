/** What the verifier counts; where aws-iam-authenticator counts the same, under its names and labels, so that dashboards keep working. */
export interface AwsIamMetrics {
  /** `aws_iam_authenticator_sts_responses_total{ResponseCode,StsRegion}`. */
  countStsResponse(status: number, region: string): void;
  /** `aws_iam_authenticator_sts_connection_failures_total{StsRegion}`. */
  countConnectionFailure(region: string): void;
  /** `aws_iam_authenticator_sts_throttling_total{StsRegion}`. */
  countThrottling(region: string): void;
  /** `kubepass_sts_back_offs_total{region}`: questions that were not asked, because STS had just throttled their access key. */
  countBackOff(region: string): void;
  /** `aws_iam_authenticator_ec2_describe_instances_calls_total`. */
  countDescribeInstances(): void;
  /** `aws_iam_authenticator_configmap_watch_failures_total`. */
  countWatchFailure(): void;
  /** `aws_iam_authenticator_dynamicfile_failures_total`. */
  countDynamicFileFailure(): void;
  /** `aws_iam_authenticator_authenticate_latency_seconds{result}`. */
  observeLatency(result: AuthenticateResult, seconds: number): void;
}

/** The label `result`, in aws-iam-authenticator's own spelling. */
export type AuthenticateResult = "success" | "invalid_token" | "sts_error" | "sts_throttling" | "uknown_user";
