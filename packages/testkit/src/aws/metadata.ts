import { randomBytes } from "node:crypto";
import { type LoopbackServer, sendJson, sendPage, startLoopbackServer } from "../loopback-server.ts";
import type { AwsAccounts, AwsIdentity, AwsKey } from "./aws-accounts.ts";

/** The metadata service of a machine, and the credential agent of a container. */
export interface AwsMetadata extends LoopbackServer {
  /** What a container finds under `AWS_CONTAINER_CREDENTIALS_FULL_URI`. */
  readonly containerUrl: string;
  /** What the agent wants in the header `Authorization`. */
  readonly containerToken: string;
  /** Method and path of each request. */
  readonly requests: readonly string[];
  /** Version 1 of the service asks for no token: it is not there. */
  readonly sessionToken: string;
}

function describeKey(key: AwsKey): Record<string, string> {
  return {
    Code: "Success",
    Type: "AWS-HMAC",
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    Token: key.sessionToken ?? "",
    Expiration: key.expiresAt?.toISOString() ?? "",
    LastUpdated: new Date().toISOString(),
  };
}

/** Starts a service that hands out one session of the identity for an hour. */
export async function startAwsMetadata(accounts: AwsAccounts, identity: AwsIdentity): Promise<AwsMetadata> {
  const requests: string[] = [];
  const sessionToken = randomBytes(16).toString("hex");
  const containerToken = randomBytes(16).toString("hex");
  const key = accounts.addSession(identity, new Date(Date.now() + 3_600_000));
  const folder = "/latest/meta-data/iam/security-credentials/";
  const texts = new Map([
    ["GET /latest/meta-data/placement/region", "us-west-2"],
    [`GET ${folder}`, "node-role"],
  ]);
  const server = await startLoopbackServer({}, (request, response) => {
    const asked = `${request.method ?? ""} ${request.url ?? ""}`;
    requests.push(asked);
    if (asked === "PUT /latest/api/token") return sendPage(response, 200, sessionToken);
    if (request.url === "/container" && request.headers.authorization === containerToken) return sendJson(response, 200, describeKey(key));
    if (request.headers["x-aws-ec2-metadata-token"] !== sessionToken) return sendPage(response, 401, "");
    const text = texts.get(asked);
    if (text !== undefined) return sendPage(response, 200, text);
    if (request.url === `${folder}node-role`) return sendJson(response, 200, describeKey(key));
    return sendPage(response, 404, "");
  });
  return Object.assign(server, { requests, sessionToken, containerToken, containerUrl: `${server.origin}/container` });
}
