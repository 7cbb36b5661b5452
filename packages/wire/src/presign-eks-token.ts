import { clusterIdHeader, type EksTokenParts, formatEksToken, listSignedParameters } from "./eks-token.ts";
import type { Secret } from "./secret.ts";
import { sign, type SignedRequest } from "./sigv4.ts";
import type { StsEndpoint } from "./sts-endpoint.ts";

/** What an EKS token is made from. */
export interface EksTokenRequest {
  readonly endpoint: StsEndpoint;
  /** Name of the cluster, or its id on Outposts: `isClusterId` must hold. */
  readonly clusterId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
  readonly signedAt: Date;
}

// Servers refuse a token without it, old ones one with more; STS does not look.
const expiresSeconds = 60;

/** What the signature of a token covers, for one cluster: the same for its maker and for whoever checks it with the key. */
export function formatPresignedRequest(parts: Omit<EksTokenParts, "signature">, clusterId: string): SignedRequest {
  return {
    method: "GET",
    path: "/",
    query: listSignedParameters(parts),
    headers: [
      ["host", parts.endpoint.host],
      [clusterIdHeader, clusterId],
    ],
    body: "",
    region: parts.endpoint.region,
    service: "sts",
    signedAt: parts.signedAt,
  };
}

/** An EKS token, made without any network. */
export function presignEksToken(request: EksTokenRequest): Secret {
  const { endpoint, accessKeyId, sessionToken } = request;
  const signedAt = new Date(Math.floor(request.signedAt.getTime() / 1000) * 1000);
  const parts = { endpoint, accessKeyId, sessionToken, signedAt, expiresSeconds };
  return formatEksToken({ ...parts, signature: sign(formatPresignedRequest(parts, request.clusterId), request.secretAccessKey) });
}
