import { findStsEndpoint, Secret } from "@kubepass/wire";
import { presignEksToken } from "@kubepass/wire/signing";
import { type CertificateAuthority, createCertificateAuthority } from "../certificate-authority.ts";
import { type ConnectProxy, startConnectProxy } from "../connect-proxy.ts";
import type { AwsKey } from "./aws-accounts.ts";
import { type AwsStandIn, startAwsStandIn } from "./aws-stand-in.ts";

/** AWS on this machine, as programs reach it that insist on its public hosts. */
export interface ReachableAws {
  readonly aws: AwsStandIn;
  /** For `HTTPS_PROXY`: leads AWS's hosts to the stand-in, and nobody else's anywhere. */
  readonly proxy: ConnectProxy;
  /** The only authority to trust (PEM). */
  readonly authorityPem: string;
  readonly close: () => Promise<void>;
}

const awsHost = /(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;

// Making one takes longer than all the rest.
let authorityOfAll: Promise<CertificateAuthority> | undefined;

/** Starts AWS and the way to it. */
export async function startReachableAws(): Promise<ReachableAws> {
  authorityOfAll ??= createCertificateAuthority();
  const authority = await authorityOfAll;
  const aws = await startAwsStandIn({ authority });
  const proxy = await startConnectProxy((host) => (awsHost.test(host) ? aws.port : undefined));
  const close = async (): Promise<void> => {
    await proxy.close();
    await aws.close();
  };
  return { aws, proxy, authorityPem: authority.certificatePem, close };
}

/** What a token is made for. */
export interface TokenOccasion {
  readonly clusterId: string;
  /** Default `us-west-2`. */
  readonly region?: string | undefined;
  /** Default: now. */
  readonly signedAt?: Date | undefined;
}

/** A token of a key for a cluster, by our own signer. */
export function createEksToken(key: AwsKey, { clusterId, region = "us-west-2", signedAt = new Date() }: TokenOccasion): string {
  const endpoint = findStsEndpoint(region, "regional");
  if (endpoint === undefined) throw new Error(`STS has no host in ${region}`);
  const sessionToken = key.sessionToken === undefined ? undefined : new Secret(key.sessionToken);
  const keys = { accessKeyId: key.accessKeyId, secretAccessKey: new Secret(key.secretAccessKey), sessionToken };
  return presignEksToken({ endpoint, clusterId, ...keys, signedAt }).reveal();
}
