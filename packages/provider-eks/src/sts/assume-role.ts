import type { Pair } from "@kubepass/wire/signing";
import type { AwsCredentials } from "../credentials.ts";
import { parseCallerSessionName, parseCredentials } from "./sts-answer.ts";
import { askSts, describeQuestion, type StsConnection } from "./sts-client.ts";

/** What is said to STS when a role is taken on. */
export interface RoleRequest {
  readonly arn: string;
  readonly sessionName: string;
  readonly externalId?: string | undefined;
  /** Default: one hour. */
  readonly durationSeconds?: number | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly transitiveTags?: readonly string[] | undefined;
  readonly mfa?: MfaProof | undefined;
}

/** A code of an MFA device. */
export interface MfaProof {
  readonly serial: string;
  readonly code: string;
}

const version: Pair = ["Version", "2011-06-15"];

function optional(name: string, value: string | number | undefined): readonly Pair[] {
  return value === undefined ? [] : [[name, String(value)]];
}

function formatMfa(mfa: MfaProof | undefined): readonly Pair[] {
  return [...optional("SerialNumber", mfa?.serial), ...optional("TokenCode", mfa?.code)];
}

function formatTags({ tags = {}, transitiveTags = [] }: RoleRequest): readonly Pair[] {
  return [
    ...Object.entries(tags).flatMap(([key, value], index): Pair[] => [
      [`Tags.member.${index + 1}.Key`, key],
      [`Tags.member.${index + 1}.Value`, value],
    ]),
    ...transitiveTags.map((key, index): Pair => [`TransitiveTagKeys.member.${index + 1}`, key]),
  ];
}

/** Takes on a role. Throws `ISSUER_REFUSED`, `CLOCK_SKEWED`, `RESPONSE_INVALID` and what the network throws. */
export async function assumeRole(
  connection: StsConnection,
  role: RoleRequest,
  credentials: AwsCredentials,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const parameters: readonly Pair[] = [
    ["Action", "AssumeRole"],
    version,
    ["RoleArn", role.arn],
    ["RoleSessionName", role.sessionName],
    ...optional("DurationSeconds", role.durationSeconds),
    ...optional("ExternalId", role.externalId),
    ...optional("SourceIdentity", role.sourceIdentity),
    ...formatTags(role),
    ...formatMfa(role.mfa),
  ];
  const question = describeQuestion(connection, `AssumeRole of ${role.arn}`);
  return parseCredentials(await askSts(connection, parameters, credentials, signal), question);
}

/** Takes on a role by a token of an issuer that it trusts. Throws as {@link assumeRole}. */
export async function assumeRoleWithWebIdentity(
  connection: StsConnection,
  role: Pick<RoleRequest, "arn" | "sessionName" | "durationSeconds"> & { readonly token: string },
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const parameters: readonly Pair[] = [
    ["Action", "AssumeRoleWithWebIdentity"],
    version,
    ["RoleArn", role.arn],
    ["RoleSessionName", role.sessionName],
    ["WebIdentityToken", role.token],
    ...optional("DurationSeconds", role.durationSeconds),
  ];
  const question = describeQuestion(connection, `AssumeRoleWithWebIdentity of ${role.arn}`);
  return parseCredentials(await askSts(connection, parameters, undefined, signal), question);
}

/** A session of the user that the keys belong to, proven by an MFA device. Throws as {@link assumeRole}. */
export async function getSessionToken(
  connection: StsConnection,
  request: { readonly mfa: MfaProof; readonly durationSeconds?: number | undefined },
  credentials: AwsCredentials,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const parameters: readonly Pair[] = [
    ["Action", "GetSessionToken"],
    version,
    ...optional("DurationSeconds", request.durationSeconds),
    ...formatMfa(request.mfa),
  ];
  const question = describeQuestion(connection, "GetSessionToken");
  return parseCredentials(await askSts(connection, parameters, credentials, signal), question);
}

/** The name of the session that credentials belong to; `undefined` when they are a user's own. Throws as {@link assumeRole}. */
export async function findSessionName(
  connection: StsConnection,
  credentials: AwsCredentials,
  signal: AbortSignal,
): Promise<string | undefined> {
  const question = describeQuestion(connection, "GetCallerIdentity");
  return parseCallerSessionName(await askSts(connection, [["Action", "GetCallerIdentity"], version], credentials, signal), question);
}
