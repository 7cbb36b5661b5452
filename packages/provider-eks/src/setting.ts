import { type Host, OptionProblems } from "@kubepass/plugin-sdk";
import { CredentialError, findStsEndpoint, type StsEndpoint, type StsVariant } from "@kubepass/wire";
import { type AwsFiles, listProfileChain, readAwsFiles } from "./aws-files.ts";
import { chooseSource } from "./choose-source.ts";
import type { AddressKind, CredentialSource, EksOptions, EksSetting } from "./eks-options.ts";
import { fingerprintSource } from "./fingerprint.ts";
import { findMetadataOrigin } from "./metadata-origin.ts";
import { findEndpointUrlProblem } from "./options.ts";

type SettingHost = Pick<Host, "clock" | "directories" | "environment" | "log" | "signal">;

/** What the settings of a profile are looked up in; empty where no profile counts. */
type ProfileValues = ReadonlyMap<string, string>;

const noValues: ProfileValues = new Map();

/** Whom deciding may ask. */
export interface Asking {
  /** Not even the machine itself. */
  readonly isOffline?: boolean;
}

/** What is known once the source is. */
interface Found {
  readonly source: CredentialSource;
  readonly files: AwsFiles;
  readonly profile: ProfileValues;
  readonly addressKind: AddressKind;
  readonly metadataOrigin: string | undefined;
  readonly problems: OptionProblems;
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === "true";
}

function findAddressKind({ environment: { variables } }: SettingHost, profile: ProfileValues): AddressKind {
  return {
    isFips: isTrue(variables["AWS_USE_FIPS_ENDPOINT"] || profile.get("use_fips_endpoint")),
    isDualStack: isTrue(variables["AWS_USE_DUALSTACK_ENDPOINT"] || profile.get("use_dualstack_endpoint")),
  };
}

function chooseVariant(options: EksOptions, { isFips, isDualStack }: AddressKind): StsVariant {
  if (options.stsEndpoint !== "auto") return options.stsEndpoint;
  if (isDualStack) return isFips ? "fips-dual-stack" : "dual-stack";
  return isFips ? "fips" : "regional";
}

function isOfInstance(source: CredentialSource, files: AwsFiles): boolean {
  if (source.kind !== "profile") return source.kind === "instance";
  return listProfileChain(files, source.name).at(-1)?.[1].values.get("credential_source") === "Ec2InstanceMetadata";
}

/** Where the machine is, when its role is what signs: with other credentials the cluster may be anywhere. */
async function findRegionOfInstance(found: Found, host: SettingHost, { isOffline }: Asking): Promise<string | undefined> {
  const { source, files, metadataOrigin, problems } = found;
  if (!isOfInstance(source, files) || metadataOrigin === undefined) return undefined;
  if (isOffline === true) {
    problems.add("its region is this machine's own, which is asked only for a token: set AWS_REGION to have it known");
    problems.throwIfAny("give --region, set AWS_REGION, or set region in the profile");
  }
  const { findInstanceRegion } = await import("./instance-metadata.ts");
  return await findInstanceRegion(metadataOrigin, host);
}

async function findRegion(options: EksOptions, found: Found, host: SettingHost, asking: Asking): Promise<string | undefined> {
  const { variables } = host.environment;
  const told = options.region ?? (variables["AWS_REGION"] || variables["AWS_DEFAULT_REGION"] || found.profile.get("region"));
  return told ?? (await findRegionOfInstance(found, host, asking));
}

function findEndpoint(region: string | undefined, options: EksOptions, { addressKind, problems }: Found): StsEndpoint | undefined {
  if (region === undefined) {
    problems.add("region is missing: give --region, set AWS_REGION, or set region in the profile");
    return undefined;
  }
  const variant = chooseVariant(options, addressKind);
  const endpoint = findStsEndpoint(region, variant, options.partition);
  if (endpoint === undefined) problems.add(`region ${JSON.stringify(region)} has no ${variant} endpoint of STS in a known partition`);
  return endpoint;
}

function findStsUrl(options: EksOptions, host: SettingHost, { profile, problems }: Found): string | undefined {
  if (options.stsEndpointUrl !== undefined) return options.stsEndpointUrl;
  const { variables } = host.environment;
  if (isTrue(variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"])) return undefined;
  const url = variables["AWS_ENDPOINT_URL_STS"] || variables["AWS_ENDPOINT_URL"] || profile.get("endpoint_url");
  const problem = url === undefined ? undefined : findEndpointUrlProblem(url);
  if (problem !== undefined) problems.add(`the endpoint URL for STS in the environment or profile ${problem}`);
  return url;
}

function judgeKeys(host: SettingHost, problems: OptionProblems): void {
  const { variables } = host.environment;
  const [id, secret] = [variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]];
  if (Boolean(id) !== Boolean(secret)) problems.add("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY need each other");
  if (id && !/^\w{1,128}$/.test(id)) problems.add("AWS_ACCESS_KEY_ID has characters that no access key id has");
}

/** The profile whose settings count; one that was named and is not there is a problem. */
function findProfile(source: CredentialSource, files: AwsFiles, host: SettingHost, problems: OptionProblems): ProfileValues {
  const { variables } = host.environment;
  const name = source.kind === "profile" ? source.name : variables["AWS_PROFILE"] || variables["AWS_DEFAULT_PROFILE"] || "default";
  const profile = files.profiles.get(name);
  if (profile === undefined && source.kind === "profile") {
    problems.add(`profile ${JSON.stringify(name)} is in neither the config nor the credentials file of AWS`);
  }
  return profile?.values ?? noValues;
}

/**
 * Everything that decides about a token, from options, variables and AWS's files; nobody is asked anything, but the machine where it
 * is, when its role signs and nothing else says so; offline that is a problem. Throws one `CONFIG_INVALID` for all problems, and `FILE_UNREADABLE`.
 */
export async function resolveSetting(options: EksOptions, host: SettingHost, asking: Asking = {}): Promise<EksSetting> {
  const files = readAwsFiles(host);
  const problems = new OptionProblems();
  const { source, reason } = chooseSource(options.profile, host.environment.variables, files);
  if (source.kind !== "profile") judgeKeys(host, problems);
  const profile = findProfile(source, files, host, problems);
  const addressKind = findAddressKind(host, profile);
  const metadataOrigin = findMetadataOrigin(host.environment.variables, profile);
  const found = { source, files, profile, addressKind, metadataOrigin, problems };
  const endpoint = findEndpoint(await findRegion(options, found, host, asking), options, found);
  const stsUrl = findStsUrl(options, host, found);
  problems.throwIfAny("see docs/providers/eks.md for what each option takes");
  if (endpoint === undefined) throw new CredentialError("CONFIG_INVALID", "no endpoint of STS");
  const fingerprint = await fingerprintSource(source, files, host);
  return { options, source, sourceReason: reason, endpoint, addressKind, stsUrl, metadataOrigin, files, fingerprint };
}
