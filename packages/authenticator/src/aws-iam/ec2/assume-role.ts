import type { Fetch } from "@kubepass/network";
import { CredentialError, findStsEndpoint, Secret } from "@kubepass/wire";
import type { Pair } from "@kubepass/wire/signing";
import { findArnParts } from "../mapping/arn.ts";
import { findChild, type XmlElement } from "../xml.ts";
import { callAws } from "./call-aws.ts";
import type { AwsCredentials, GetAwsCredentials } from "./credentials.ts";

/** The role in which EC2 is asked. */
export interface AssumedRole {
  readonly roleArn: string;
  /** Told as `x-amz-source-arn` and `x-amz-source-account`, against confused deputies. */
  readonly sourceArn?: string | undefined;
  readonly region: string;
}

const durationSeconds = 3600;
// Fetched anew this long before they end.
const marginMs = 300_000;

function formatSourceHeaders(sourceArn: string | undefined): readonly Pair[] {
  if (sourceArn === undefined || sourceArn === "") return [];
  const account = findArnParts(sourceArn)?.account ?? "";
  return [
    ["x-amz-source-account", account],
    ["x-amz-source-arn", sourceArn],
  ];
}

function parseAnswer(root: XmlElement): AwsCredentials {
  const told = findChild(findChild(root, "AssumeRoleResult"), "Credentials");
  const [accessKeyId, secret, session, end] = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"].map(
    (name) => findChild(told, name)?.text ?? "",
  );
  const expiresAt = new Date(end ?? "");
  if (root.name !== "AssumeRoleResponse" || !accessKeyId || !secret || !session || Number.isNaN(expiresAt.getTime()))
    throw new CredentialError("AWS_CALL_FAILED", "the answer to AssumeRole has no credentials");
  return { accessKeyId, secretAccessKey: new Secret(secret), sessionToken: new Secret(session), expiresAt };
}

/** Credentials of a role, assumed with others and kept until shortly before they end. */
export function createRoleCredentials(role: AssumedRole, base: GetAwsCredentials, fetch: Fetch, now: () => Date): GetAwsCredentials {
  let kept: AwsCredentials | undefined;
  return async () => {
    if (kept?.expiresAt !== undefined && kept.expiresAt.getTime() - marginMs > now().getTime()) return kept;
    const endpoint = findStsEndpoint(role.region, "regional");
    if (endpoint === undefined) throw new CredentialError("CONFIG_INVALID", `no region of AWS is called ${role.region}`);
    const parameters: readonly Pair[] = [
      ["Action", "AssumeRole"],
      ["Version", "2011-06-15"],
      ["RoleArn", role.roleArn],
      ["RoleSessionName", "kubepass"],
      ["DurationSeconds", String(durationSeconds)],
    ];
    const call = { host: endpoint.host, region: role.region, service: "sts", parameters, headers: formatSourceHeaders(role.sourceArn) };
    kept = parseAnswer(await callAws(call, await base(), now(), fetch));
    return kept;
  };
}
