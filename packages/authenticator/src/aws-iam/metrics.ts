/** What the verifier counts; names and labels are those of aws-iam-authenticator, so that dashboards keep working. */
export interface AwsIamMetrics {
  /** `aws_iam_authenticator_sts_responses_total{ResponseCode,StsRegion}`. */
  countStsResponse(status: number, region: string): void;
  /** `aws_iam_authenticator_sts_connection_failures_total{StsRegion}`. */
  countConnectionFailure(region: string): void;
  /** `aws_iam_authenticator_sts_throttling_total{StsRegion}`. */
  countThrottling(region: string): void;
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
