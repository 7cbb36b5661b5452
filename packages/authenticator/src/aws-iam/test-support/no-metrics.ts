import type { AwsIamMetrics } from "../metrics.ts";

/** Counts nothing. */
export const noMetrics: AwsIamMetrics = {
  countStsResponse: () => {},
  countConnectionFailure: () => {},
  countThrottling: () => {},
  countBackOff: () => {},
  countDescribeInstances: () => {},
  countWatchFailure: () => {},
  countDynamicFileFailure: () => {},
  observeLatency: () => {},
};
