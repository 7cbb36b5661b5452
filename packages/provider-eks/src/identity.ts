import type { JsonObject } from "@kubepass/wire";
import type { CredentialSource, EksSetting, RoleOptions } from "./eks-options.ts";

function describeSource(source: CredentialSource): JsonObject {
  switch (source.kind) {
    case "environment":
      // Temporary keys change by the hour: the fingerprint tells them apart, without leaving an entry for each behind.
      return { kind: source.kind, accessKeyId: source.isTemporary ? undefined : source.accessKeyId };
    case "profile":
    case "web-identity":
    case "container":
    case "instance":
      return { ...source };
  }
}

function describeRole(role: RoleOptions): JsonObject {
  return { ...role, tags: { ...role.tags }, transitiveTags: [...role.transitiveTags] };
}

/**
 * Everything that changes which cluster a token is for, or whom it speaks for; it becomes the cache key. The keys
 * themselves and the texts of profiles are in the fingerprint.
 */
export function formatIdentity({ options, source, endpoint, stsUrl }: EksSetting): JsonObject {
  return {
    cluster: options.clusterId,
    endpoint: endpoint.host,
    region: endpoint.region,
    source: describeSource(source),
    roles: options.roles.map(describeRole),
    isSessionNameForwarded: options.isSessionNameForwarded || undefined,
    mfaSerial: options.mfaSerial,
    stsUrl,
  };
}

/** What people call a source. */
export function describeCredentialSource(source: CredentialSource): string {
  switch (source.kind) {
    case "environment":
      return `access key ${source.accessKeyId}`;
    case "profile":
      return `profile ${source.name}`;
    case "web-identity":
      return `web identity for ${source.roleArn}`;
    case "container":
      return "the container's role";
    case "instance":
      return "the machine's role";
  }
}

/** What people call this identity, such as `prod in eu-central-1 by profile dev, role arn:aws:iam::123456789012:role/admin`. */
export function formatLabel({ options, source, endpoint }: EksSetting): string {
  const role = options.roles.at(-1);
  const who = `${describeCredentialSource(source)}${role === undefined ? "" : `, role ${role.arn}`}`;
  return `${options.clusterId} in ${endpoint.region} by ${who}`;
}
