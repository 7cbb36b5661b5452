import { type AwsAccounts, type AwsIdentity, type AwsKey, type AwsRole, findRoleId } from "./aws-accounts.ts";
import { type AwsAnswer, AwsRefusal, type AwsTree, requestId } from "./aws-answer.ts";
import { type AwsRequest, checkSignature } from "./check-signature.ts";

/** One call of STS. */
export interface StsCall {
  readonly request: AwsRequest;
  /** From query or form. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly region: string;
  readonly now: Date;
}

const namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
const defaultDurationSeconds = 3600;

function answer(action: string, result: AwsTree): AwsAnswer {
  const tree = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } };
  return { status: 200, root: `${action}Response`, namespace, tree };
}

function formatCredentials(key: AwsKey): AwsTree {
  return {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    SessionToken: key.sessionToken ?? "",
    Expiration: key.expiresAt?.toISOString().replace(/\.\d+Z$/, "Z") ?? "",
  };
}

function get(call: StsCall, name: string): string {
  const value = call.parameters[name];
  if (value === undefined || value === "") {
    throw new AwsRefusal("ValidationError", `1 validation error detected: Value null at '${name}' failed to satisfy constraint`, 400);
  }
  return value;
}

function readDuration(call: StsCall, max: number): number {
  const text = call.parameters["DurationSeconds"];
  const seconds = text === undefined ? defaultDurationSeconds : Number(text);
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > max) {
    throw new AwsRefusal("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400);
  }
  return seconds;
}

function provesMfa(call: StsCall, accounts: AwsAccounts): boolean {
  const { SerialNumber: serial, TokenCode: code } = call.parameters;
  if (serial === undefined) return false;
  const isRight = accounts.devices.some((device) => device.serial === serial && device.code === code);
  if (!isRight) throw new AwsRefusal("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.");
  return true;
}

function denied(caller: string, role: string): AwsRefusal {
  return new AwsRefusal("AccessDenied", `User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${role}`);
}

function formatRoleIdentity(roleArn: string, sessionName: string): AwsIdentity {
  const [, partition = "aws", , , accountId = "", resource = ""] = roleArn.split(":");
  const name = resource.split("/").at(-1) ?? "";
  // STS leaves out the path of a role.
  return {
    arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`,
    accountId,
    userId: `${findRoleId(roleArn)}:${sessionName}`,
  };
}

function readTags(call: StsCall): Readonly<Record<string, string>> {
  const names = Object.keys(call.parameters).flatMap((name) => /^Tags\.member\.(\d+)\.Key$/.exec(name)?.[1] ?? []);
  return Object.fromEntries(
    names.map((index) => [call.parameters[`Tags.member.${index}.Key`] ?? "", call.parameters[`Tags.member.${index}.Value`] ?? ""]),
  );
}

function startRoleSession(call: StsCall, accounts: AwsAccounts, role: AwsRole, facts: { hasMfa: boolean; isChained: boolean }): AwsTree {
  const sessionName = get(call, "RoleSessionName");
  const maxSeconds = facts.isChained ? 3600 : (role.maxDurationSeconds ?? 43_200);
  const expiresAt = new Date(call.now.getTime() + readDuration(call, maxSeconds) * 1000);
  const identity = formatRoleIdentity(role.arn, sessionName);
  const sourceIdentity = call.parameters["SourceIdentity"];
  const key = accounts.addSession(identity, expiresAt, { hasMfa: facts.hasMfa, sourceIdentity, tags: readTags(call) });
  return { Credentials: formatCredentials(key), AssumedRoleUser: { AssumedRoleId: identity.userId, Arn: identity.arn } };
}

function assumeRole(call: StsCall, accounts: AwsAccounts, caller: AwsKey): AwsTree {
  const arn = get(call, "RoleArn");
  const role = accounts.roles.get(arn);
  const hasMfa = provesMfa(call, accounts);
  const isTrusted =
    role?.trusts?.some((trusted) => caller.identity.arn === trusted || caller.identity.arn.startsWith(`${trusted}/`)) ?? true;
  if (role === undefined || !isTrusted || role.externalId !== call.parameters["ExternalId"]) throw denied(caller.identity.arn, arn);
  if (role.isMfaRequired === true && !hasMfa && !caller.hasMfa) throw denied(caller.identity.arn, arn);
  return startRoleSession(call, accounts, role, { hasMfa, isChained: caller.identity.arn.includes(":assumed-role/") });
}

function assumeRoleWithWebIdentity(call: StsCall, accounts: AwsAccounts): AwsTree {
  const role = accounts.roles.get(get(call, "RoleArn"));
  const isKnown = role?.webIdentityTokens?.includes(get(call, "WebIdentityToken")) ?? false;
  if (role === undefined || !isKnown) throw new AwsRefusal("InvalidIdentityToken", "No OpenIDConnect provider found in your account", 400);
  return startRoleSession(call, accounts, role, { hasMfa: false, isChained: false });
}

function getSessionToken(call: StsCall, accounts: AwsAccounts, caller: AwsKey): AwsTree {
  if (caller.sessionToken !== undefined) throw new AwsRefusal("AccessDenied", "Cannot call GetSessionToken with session credentials");
  const expiresAt = new Date(call.now.getTime() + readDuration(call, 129_600) * 1000);
  return { Credentials: formatCredentials(accounts.addSession(caller.identity, expiresAt, { hasMfa: provesMfa(call, accounts) })) };
}

/** The access key id with which a call is signed, and the answer. Throws {@link AwsRefusal}. */
export function answerSts(call: StsCall, accounts: AwsAccounts): AwsAnswer {
  const action = get(call, "Action");
  if (get(call, "Version") !== "2011-06-15") throw new AwsRefusal("InvalidAction", "Could not find operation for this version", 400);
  if (action === "AssumeRoleWithWebIdentity") return answer(action, assumeRoleWithWebIdentity(call, accounts));
  const caller = checkSignature(call.request, accounts, { region: call.region, service: "sts", now: call.now });
  const { arn: Arn, accountId: Account, userId: UserId } = caller.identity;
  if (action === "GetCallerIdentity") return answer(action, { Arn, UserId, Account });
  if (action === "AssumeRole") return answer(action, assumeRole(call, accounts, caller));
  if (action === "GetSessionToken") return answer(action, getSessionToken(call, accounts, caller));
  throw new AwsRefusal("InvalidAction", `Could not find operation ${action} for version 2011-06-15`, 400);
}
