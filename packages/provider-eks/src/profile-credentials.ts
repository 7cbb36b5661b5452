import { CredentialError, Secret } from "@kubepass/wire";
import { type AwsFiles, type AwsSection, findOwnKeys } from "./aws-files.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { RoleRequest } from "./sts/assume-role.ts";

/** Where a profile's credentials come from beyond what its text says itself. */
export interface ProfileSources {
  /** A profile with a process, IAM Identity Center or a console login. */
  readLeaf(name: string): Promise<AwsCredentials>;
  /** `credential_source` of a role. */
  readEnvironment(): Promise<AwsCredentials>;
  readContainer(): Promise<AwsCredentials>;
  readInstance(): Promise<AwsCredentials>;
  assumeRole(role: RoleRequest, base: AwsCredentials): Promise<AwsCredentials>;
  assumeRoleWithWebIdentity(role: RoleRequest, tokenFile: string): Promise<AwsCredentials>;
  askMfaCode(serial: string): Promise<string>;
}

/** What is looked up in. */
export interface ProfileScene {
  readonly files: AwsFiles;
  readonly sources: ProfileSources;
  /** Of roles that name no session. */
  readonly sessionName: string;
}

function fail(name: string, what: string, hint: string): CredentialError {
  return new CredentialError("SOURCE_FAILED", `profile ${name} ${what}`, { hint });
}

function findKeys(section: AwsSection): AwsCredentials | undefined {
  const keys = findOwnKeys(section);
  const sessionToken = section.values.get("aws_session_token");
  if (keys === undefined) return undefined;
  return {
    accessKeyId: keys.accessKeyId,
    secretAccessKey: new Secret(keys.secretAccessKey),
    sessionToken: sessionToken ? new Secret(sessionToken) : undefined,
    expiresAt: undefined,
  };
}

function checkKeys(name: string, keys: AwsCredentials): AwsCredentials {
  if (/^\w{1,128}$/.test(keys.accessKeyId)) return keys;
  throw fail(name, "has an aws_access_key_id with characters that none has", "correct it in AWS's files");
}

function findDuration(name: string, section: AwsSection): number | undefined {
  const text = section.values.get("duration_seconds");
  if (text === undefined) return undefined;
  if (/^\d{3,5}$/.test(text)) return Number(text);
  throw fail(name, "has a duration_seconds that is no number of seconds", "set it to 900 or more");
}

async function readCredentialSource(name: string, source: string, { sources }: ProfileScene): Promise<AwsCredentials> {
  switch (source) {
    case "Environment":
      return await sources.readEnvironment();
    case "EcsContainer":
      return await sources.readContainer();
    case "Ec2InstanceMetadata":
      return await sources.readInstance();
    default:
      throw fail(name, `has an unknown credential_source`, "use Environment, EcsContainer or Ec2InstanceMetadata");
  }
}

async function readBase(name: string, section: AwsSection, scene: ProfileScene, visited: ReadonlySet<string>): Promise<AwsCredentials> {
  const source = section.values.get("source_profile");
  const credentialSource = section.values.get("credential_source");
  if (source !== undefined && credentialSource !== undefined) {
    throw fail(name, "has both source_profile and credential_source", "keep one of them");
  }
  if (credentialSource !== undefined) return await readCredentialSource(name, credentialSource, scene);
  if (source === undefined) throw fail(name, "has role_arn but no source_profile", "say whose keys take on the role");
  const own = source === name ? findKeys(section) : undefined;
  if (own !== undefined) return checkKeys(name, own);
  if (visited.has(source)) throw fail(name, `leads back to itself by source_profile ${source}`, "end the circle in AWS's files");
  return await readProfile(source, scene, visited);
}

async function readRole(
  name: string,
  arn: string,
  section: AwsSection,
  scene: ProfileScene,
  visited: ReadonlySet<string>,
): Promise<AwsCredentials> {
  const { values } = section;
  const role: RoleRequest = {
    arn,
    sessionName: values.get("role_session_name") ?? scene.sessionName,
    externalId: values.get("external_id"),
    durationSeconds: findDuration(name, section),
    sourceIdentity: values.get("source_identity"),
  };
  const tokenFile = values.get("web_identity_token_file");
  if (tokenFile !== undefined) return await scene.sources.assumeRoleWithWebIdentity(role, tokenFile);
  const base = await readBase(name, section, scene, visited);
  const serial = values.get("mfa_serial");
  const mfa = serial === undefined ? undefined : { serial, code: await scene.sources.askMfaCode(serial) };
  return await scene.sources.assumeRole({ ...role, mfa }, base);
}

/**
 * The credentials of a profile: its role if it has one, else its keys, else what its process, IAM Identity Center or
 * console login gives. Roles lead to other profiles by `source_profile`.
 * Throws `SOURCE_FAILED` for a profile that leads nowhere, and what the sources throw.
 */
export async function readProfile(name: string, scene: ProfileScene, visited: ReadonlySet<string> = new Set()): Promise<AwsCredentials> {
  const section = scene.files.profiles.get(name);
  if (section === undefined) throw fail(name, "is in neither of AWS's files", "check source_profile");
  const arn = section.values.get("role_arn");
  if (arn !== undefined) return await readRole(name, arn, section, scene, new Set([...visited, name]));
  const keys = findKeys(section);
  return keys === undefined ? await scene.sources.readLeaf(name) : checkKeys(name, keys);
}
