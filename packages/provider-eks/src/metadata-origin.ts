import type { Environment } from "@kubepass/plugin-sdk";

type Variables = Environment["variables"];

/**
 * Where the metadata service answers; `undefined` where it is turned off. Variables win over the profile, as in AWS's tools. Pure.
 */
export function findMetadataOrigin(variables: Variables, profile: ReadonlyMap<string, string>): string | undefined {
  if (variables["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return undefined;
  const origin = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || profile.get("ec2_metadata_service_endpoint");
  if (origin) return origin.replace(/\/+$/, "");
  const mode = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] || profile.get("ec2_metadata_service_endpoint_mode");
  return mode?.toLowerCase() === "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
}
