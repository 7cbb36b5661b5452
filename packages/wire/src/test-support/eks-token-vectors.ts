import { Secret } from "../secret.ts";
import type { StsVariant } from "../sts-endpoint.ts";

/** A token with all that it is made from. */
export interface EksTokenVector {
  readonly name: string;
  readonly region: string;
  readonly variant: StsVariant;
  readonly host: string;
  readonly clusterId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
  readonly signedAt: Date;
  /** 64 hexadecimal digits, agreed on by independent signers. */
  readonly signature: string;
}

// The dummy pair of aws-iam-authenticator's own test, and that of AWS's published suite for Signature Version 4.
const upstreamPair = {
  accessKeyId: Buffer.from("QVNJQVIyVEc0NFY2QVMzWlpFN0M=", "base64").toString(),
  secretAccessKey: new Secret(Buffer.from("NEtENWNudEdjVm1MV1JkRjV3dk5SdXpOTDVReG1wNk9LVlk2RnovUQ==", "base64").toString()),
};
const suitePair = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: new Secret(["wJalrXUtnFEMI/K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("+")),
};

function vector(name: string, region: string, host: string, signature: string, rest: Partial<EksTokenVector> = {}): EksTokenVector {
  return {
    name,
    region,
    variant: "regional",
    host,
    clusterId: "my-cluster",
    ...suitePair,
    sessionToken: undefined,
    signedAt: new Date("2015-08-30T12:36:00Z"),
    signature,
    ...rest,
  };
}

/** Vectors for makers and checkers of EKS tokens; the first is aws-iam-authenticator's own. */
export const eksTokenVectors: readonly EksTokenVector[] = [
  vector(
    "aws-iam-authenticator's own",
    "us-west-2",
    "sts.us-west-2.amazonaws.com",
    "e211dba77aba9dc44b0b6be38b8eaad092599c5157f6314444c5b9d85747f5ce",
    { ...upstreamPair, clusterId: "test-cluster", signedAt: new Date("2023-04-28T00:00:00Z") },
  ),
  vector("regional", "us-west-2", "sts.us-west-2.amazonaws.com", "0e4640b17bc8d5103084241685a7c907b51396a7fd5f6e6181358d0df4f37e9d"),
  vector("global", "us-east-1", "sts.amazonaws.com", "1d40a7bfe56981137281869d000466c8c49fc5d5357d6dc78efa3b0903cece8f", {
    variant: "global",
  }),
  vector("China", "cn-north-1", "sts.cn-north-1.amazonaws.com.cn", "3536bb212410a2e827fcc17d41eb54740aca985ca092f0eee2e213579ee5af06"),
  vector("FIPS", "us-east-1", "sts-fips.us-east-1.amazonaws.com", "351712723f5544057f21bdfcd92bc973010f5bf933203b515f57b8df2d620f25", {
    variant: "fips",
  }),
  vector("dual stack", "us-west-2", "sts.us-west-2.api.aws", "b1d5cce6265e94346c57f55d72b2db55f741686f02c56059c33bdc1fb3355f11", {
    variant: "dual-stack",
  }),
  vector(
    "a session token",
    "us-west-2",
    "sts.us-west-2.amazonaws.com",
    "b328115166a4e670a0ec50cfac74cee18c7bec88e6ea7500a43f5b818a36f3ac",
    { sessionToken: new Secret("IQoJb3JpZ2luX2VjEXAMPLE+with/slash+and=pad==") },
  ),
  vector(
    "a cluster id like a host name",
    "us-west-2",
    "sts.us-west-2.amazonaws.com",
    "3cdff9d4f9e820798edd0df8274faabc09ef00a1160cdeddcf95bb6f40264df3",
    { clusterId: "my-dev-cluster.example.com" },
  ),
];

/** The URL inside the token of the first vector, as that project's test has it. */
export const upstreamUrl = `https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${upstreamPair.accessKeyId}%2F20230428%2Fus-west-2%2Fsts%2Faws4_request&X-Amz-Date=20230428T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=e211dba77aba9dc44b0b6be38b8eaad092599c5157f6314444c5b9d85747f5ce`;
