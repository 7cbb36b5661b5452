import type { AwsFiles } from "./aws-files.ts";
import type { CredentialSource } from "./eks-options.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** A source, and in words why it is this one. */
export interface ChosenSource {
  readonly source: CredentialSource;
  readonly reason: string;
}

const containerHost = "http://169.254.170.2";

function findKeys(variables: Variables): CredentialSource | undefined {
  const accessKeyId = variables["AWS_ACCESS_KEY_ID"];
  if (!accessKeyId || !variables["AWS_SECRET_ACCESS_KEY"]) return undefined;
  return { kind: "environment", accessKeyId, isTemporary: Boolean(variables["AWS_SESSION_TOKEN"]) };
}

function findWebIdentity(variables: Variables): CredentialSource | undefined {
  const tokenFile = variables["AWS_WEB_IDENTITY_TOKEN_FILE"];
  const roleArn = variables["AWS_ROLE_ARN"];
  if (!tokenFile || !roleArn) return undefined;
  return { kind: "web-identity", tokenFile, roleArn, sessionName: variables["AWS_ROLE_SESSION_NAME"] || undefined };
}

function findContainer(variables: Variables): CredentialSource | undefined {
  const relative = variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const url = relative ? `${containerHost}${relative}` : variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  return url ? { kind: "container", url } : undefined;
}

/**
 * Where base credentials come from: the option profile, keys in variables, AWS_PROFILE, a web identity, the profile
 * `default`, a container, the machine's own role; the first that is there. AWS's command line and Go SDK let keys win over
 * AWS_PROFILE, so kubeconfigs that say AWS_PROFILE keep their meaning; who wants the profile to win gives it as an option.
 * Pure.
 */
export function chooseSource(profile: string | undefined, variables: Variables, files: AwsFiles): ChosenSource {
  if (profile !== undefined) return { source: { kind: "profile", name: profile }, reason: "the option profile names it" };
  const keys = findKeys(variables);
  const named = variables["AWS_PROFILE"] || variables["AWS_DEFAULT_PROFILE"];
  if (keys !== undefined) {
    const passedOver = named ? "; they win over AWS_PROFILE, the option profile would win over them" : "";
    return { source: keys, reason: `AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set${passedOver}` };
  }
  if (named) return { source: { kind: "profile", name: named }, reason: "AWS_PROFILE names it, and no keys are in variables" };
  const webIdentity = findWebIdentity(variables);
  if (webIdentity !== undefined) return { source: webIdentity, reason: "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are set" };
  if (files.profiles.has("default")) {
    return { source: { kind: "profile", name: "default" }, reason: "nothing is set, and there is a profile default" };
  }
  const container = findContainer(variables);
  if (container !== undefined) return { source: container, reason: "this is a container that is given credentials" };
  return { source: { kind: "instance" }, reason: "nothing else is there" };
}
