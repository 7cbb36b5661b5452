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
    "GovCloud",
    "us-gov-west-1",
    "sts.us-gov-west-1.amazonaws.com",
    "6ca23bf2963b4378963357816728e38fbce5adca3c4393f6202b11bb65783b9a",
  ),
  vector(
    "GovCloud by FIPS, whose host is the plain one",
    "us-gov-east-1",
    "sts.us-gov-east-1.amazonaws.com",
    "ecbd5e11c251e139f2d79cf25c40faf711c20be41124d04da6eaf7787a2b33c3",
    { variant: "fips" },
  ),
  vector("aws-iso", "us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov", "61dc9d3d042556af8524ef7d3f129cdd5c47b32596afdd43f5eaa1757f0b96e4"),
  vector(
    "aws-iso-b",
    "us-isob-east-1",
    "sts.us-isob-east-1.sc2s.sgov.gov",
    "ee8f44b60ced3b159897d8e3381e6f7198e1409f2b14b46a9bc30e1cbe9f4036",
  ),
  vector(
    "aws-iso-e",
    "eu-isoe-west-1",
    "sts.eu-isoe-west-1.cloud.adc-e.uk",
    "2314aa49fa394a7080c5660702abe83c37fb0750d7f0e85a5cb822e27df49bce",
  ),
  vector(
    "aws-iso-f",
    "us-isof-south-1",
    "sts.us-isof-south-1.csp.hci.ic.gov",
    "d2c9770e466c60bff709cf3cd08c54bceb81410a83f931c06238572fa27fd4e4",
  ),
  vector(
    "aws-eusc",
    "eusc-de-east-1",
    "sts.eusc-de-east-1.amazonaws.eu",
    "3e7cf57221bc8595ac3887b818cc30c9ce4e5398d4e41da0b5fa10927a874434",
  ),
  vector(
    "FIPS and dual stack",
    "us-east-2",
    "sts-fips.us-east-2.api.aws",
    "6517bf5a94104964ac7b12aaf5b47cd51185a938cba019dea80a9207772359f9",
    { variant: "fips-dual-stack" },
  ),
  vector(
    "dual stack in China",
    "cn-north-1",
    "sts.cn-north-1.api.amazonwebservices.com.cn",
    "281f8d877f24da801f2ced37466d6993b0e3cdd633039edc992a69f9e59af3b3",
    { variant: "dual-stack" },
  ),
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
