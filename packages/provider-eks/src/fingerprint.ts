import { readFileSync } from "node:fs";
import { fingerprintVariables, type Host } from "@kubepass/plugin-sdk";
import { formatCanonicalJson, hashSha256, type JsonValue } from "@kubepass/wire";
import { type AwsFiles, type AwsSection, findSsoSettings, listProfileChain, readAwsFiles } from "./aws-files.ts";
import type { CredentialSource, EksSetting } from "./eks-options.ts";

type FingerprintHost = Pick<Host, "directories" | "environment">;

/** Stands for what nothing is known of: equal to no hash, so that what lies under it is never served. */
export const unknownFingerprint = "unknown";

function readIfThere(path: string | undefined): string | null {
  if (path === undefined || path === "") return null;
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Told when it is needed.
    return null;
  }
}

function listVariables({ environment }: FingerprintHost, names: readonly string[]): JsonValue {
  return names.map((name) => environment.variables[name] ?? null);
}

const keyNames = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];
const containerNames = [
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

function describeContainer(host: FingerprintHost): JsonValue {
  return [listVariables(host, containerNames), readIfThere(host.environment.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])];
}

function describeCredentialSource(source: string | undefined, host: FingerprintHost): JsonValue {
  if (source === "Environment") return listVariables(host, keyNames);
  return source === "EcsContainer" ? describeContainer(host) : null;
}

/** A profile's text, and what it leads to outside of AWS's files. */
function describeSection(name: string, { text, values }: AwsSection, host: FingerprintHost): JsonValue {
  return [
    name,
    text,
    describeCredentialSource(values.get("credential_source"), host),
    readIfThere(values.get("web_identity_token_file")),
    // What a process prints is known only to itself: whatever it may look at must be the same.
    values.has("credential_process") ? fingerprintVariables(host.environment.variables) : null,
  ];
}

async function describeProfile(name: string, files: AwsFiles, host: FingerprintHost): Promise<JsonValue> {
  const sections = listProfileChain(files, name).map(([profile, section]) => describeSection(profile, section, host));
  const sso = findSsoSettings(files, name);
  if (sso === undefined) return sections;
  // Whoever signs in at IAM Identity Center under the same profile may be somebody else. Loaded only for such profiles.
  const { findSsoCachePath } = await import("./sso/sso-cache-path.ts");
  return [...sections, { ...sso, scopes: [...sso.scopes], token: readIfThere(findSsoCachePath(host.directories.home, sso)) }];
}

async function describe(source: CredentialSource, files: AwsFiles, host: FingerprintHost): Promise<JsonValue> {
  switch (source.kind) {
    case "environment":
      return listVariables(host, keyNames);
    case "profile":
      return await describeProfile(source.name, files, host);
    case "web-identity":
      return [{ ...source }, readIfThere(source.tokenFile)];
    case "container":
      return [{ ...source }, describeContainer(host)];
    case "instance":
      return { ...source };
  }
}

/** A hash of all that credentials of the source are made from, as far as it can be seen without asking anybody. */
export async function fingerprintSource(source: CredentialSource, files: AwsFiles, host: FingerprintHost): Promise<string> {
  return hashSha256(formatCanonicalJson(await describe(source, files, host)));
}

/**
 * The fingerprint of what was made meanwhile: that of the setting, unless what is read anew (by AWS's SDK, or a token file)
 * changed since; then it cannot be told which of both was used. Throws `FILE_UNREADABLE`.
 */
export async function confirmFingerprint(setting: EksSetting, host: FingerprintHost): Promise<string> {
  const { source, fingerprint } = setting;
  const files = source.kind === "profile" ? readAwsFiles(host) : setting.files;
  return (await fingerprintSource(source, files, host)) === fingerprint ? fingerprint : unknownFingerprint;
}
