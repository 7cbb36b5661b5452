import { readFileSync } from "node:fs";
import type { Host, SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError, Secret } from "@kubepass/wire";
import { type AwsFiles, findAwsFilePaths, findSsoSettings } from "./aws-files.ts";
import type { SdkTrace } from "./aws-sdk.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { EksSetting } from "./eks-options.ts";
import type { MfaAsker } from "./mfa.ts";
import { type ProfileSources, readProfile } from "./profile-credentials.ts";
import type { RoleRequest } from "./sts/assume-role.ts";
import type { StsAccess } from "./sts/sts-access.ts";

/** What base credentials are acquired with. */
export interface Acquisition {
  readonly setting: EksSetting;
  readonly sts: StsAccess;
  readonly context: SignInContext;
  readonly mfa: MfaAsker;
}

const defaultSessionName = "kubepass";

/** The keys in variables. Throws `SOURCE_FAILED` when there are none. */
function readEnvironment(host: Host): AwsCredentials {
  const { variables } = host.environment;
  const [accessKeyId, secret, token] = [variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], variables["AWS_SESSION_TOKEN"]];
  if (!accessKeyId || !secret) throw new CredentialError("SOURCE_FAILED", "no keys are in variables");
  const end = new Date(variables["AWS_CREDENTIAL_EXPIRATION"] ?? Number.NaN);
  return {
    accessKeyId,
    secretAccessKey: new Secret(secret),
    sessionToken: token ? new Secret(token) : undefined,
    expiresAt: Number.isNaN(end.getTime()) ? undefined : end,
  };
}

async function readInstance({ setting, context: { host } }: Acquisition): Promise<AwsCredentials> {
  if (setting.metadataOrigin === undefined) {
    throw new CredentialError(
      "SOURCE_FAILED",
      "there are no AWS credentials: no keys, profile or web identity, and the metadata service is turned off",
      {
        hint: "set AWS_PROFILE or give profile",
      },
    );
  }
  const { readInstanceCredentials } = await import("./instance-metadata.ts");
  return await readInstanceCredentials(setting.metadataOrigin, host);
}

async function readContainer(host: Host): Promise<AwsCredentials> {
  const { variables } = host.environment;
  const relative = variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const url = relative ? `http://169.254.170.2${relative}` : variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  if (!url) throw new CredentialError("SOURCE_FAILED", "this is no container that is given credentials");
  const { readContainerWithSdk } = await import("./aws-sdk.ts");
  return await readContainerWithSdk(url, {
    token: variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] || undefined,
    tokenFile: variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] || undefined,
  });
}

async function takeOnByWebIdentity(acquisition: Acquisition, role: RoleRequest, tokenFile: string): Promise<AwsCredentials> {
  let token: string;
  try {
    token = readFileSync(tokenFile, "utf8").trim();
  } catch (error) {
    throw new CredentialError("FILE_UNREADABLE", `cannot read the web identity token in ${tokenFile}`, { cause: error });
  }
  return await acquisition.sts.assumeRoleWithWebIdentity({ ...role, token });
}

function describeRemedy(name: string, files: AwsFiles): string {
  const isLogin = files.profiles.get(name)?.values.has("login_session") === true;
  if (isLogin) return `sign in again: aws login --profile ${JSON.stringify(name)}`;
  return "check the profile in AWS's files; a process must print JSON as AWS documents it";
}

/** A profile with IAM Identity Center: signs in first where the last sign-in is over, or turns out to be. */
async function readLeaf(name: string, files: AwsFiles, { setting, sts, context }: Acquisition): Promise<AwsCredentials> {
  const { host, signal } = context;
  const fetch = await sts.getFetch();
  const { readProfileWithSdk } = await import("./aws-sdk.ts");
  const read = async (trace: SdkTrace): Promise<AwsCredentials> =>
    await readProfileWithSdk({
      name,
      paths: findAwsFilePaths(host),
      region: setting.endpoint.region,
      addressKind: setting.addressKind,
      fetch,
      trace,
      signal,
      hint: describeRemedy(name, files),
    });
  const sso = findSsoSettings(files, name);
  if (sso === undefined) return await read({ failure: undefined, lastStatus: undefined });
  const [{ findSsoCachePath }, { isSsoTokenUsable, readSsoToken }] = await Promise.all([
    import("./sso/sso-cache-path.ts"),
    import("./sso/sso-token.ts"),
  ]);
  const path = findSsoCachePath(host.directories.home, sso);
  const token = readSsoToken(path);
  if (isSsoTokenUsable(token, host.clock.now())) {
    const trace: SdkTrace = { failure: undefined, lastStatus: undefined };
    try {
      return await read(trace);
    } catch (error) {
      const isSessionOver =
        trace.failure === undefined && (trace.lastStatus === 401 || (token !== undefined && token.expiresAt <= host.clock.now()));
      if (!isSessionOver) throw error;
    }
  }
  host.log.info("the sign-in at IAM Identity Center is over", { startUrl: sso.startUrl });
  const { signInAtSso } = await import("./sso/sso-sign-in.ts");
  await signInAtSso({ settings: sso, addressKind: setting.addressKind, grant: setting.options.ssoGrant, fetch, context });
  return await read({ failure: undefined, lastStatus: undefined });
}

function createSources(acquisition: Acquisition, files: AwsFiles): ProfileSources {
  const { sts, context, mfa } = acquisition;
  const { host } = context;
  return {
    readLeaf: async (name) => await readLeaf(name, files, acquisition),
    readEnvironment: async () => await Promise.resolve(readEnvironment(host)),
    readContainer: async () => await readContainer(host),
    readInstance: async () => await readInstance(acquisition),
    assumeRole: async (role, base) => await sts.assumeRole(role, base),
    assumeRoleWithWebIdentity: async (role, tokenFile) => await takeOnByWebIdentity(acquisition, role, tokenFile),
    askMfaCode: async (serial) => await mfa.ask(serial),
  };
}

/**
 * The credentials of the chosen source, before any role of the options. Keys in variables cost nothing; AWS's SDK is loaded
 * only for what it alone can read. Throws `SOURCE_FAILED`, `FILE_UNREADABLE`, what STS and the network throw, and what
 * asking a person throws.
 */
export async function acquireBaseCredentials(acquisition: Acquisition): Promise<AwsCredentials> {
  const { setting, context } = acquisition;
  const { source } = setting;
  const { host } = context;
  switch (source.kind) {
    case "environment":
      return readEnvironment(host);
    case "profile": {
      const { files } = setting;
      return await readProfile(source.name, { files, sources: createSources(acquisition, files), sessionName: defaultSessionName });
    }
    case "web-identity": {
      const role = { arn: source.roleArn, sessionName: source.sessionName ?? defaultSessionName };
      return await takeOnByWebIdentity(acquisition, role, source.tokenFile);
    }
    case "container":
      return await readContainer(host);
    case "instance":
      return await readInstance(acquisition);
  }
}
