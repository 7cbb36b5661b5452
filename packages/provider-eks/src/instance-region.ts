import { createFetch } from "@kubepass/network";
import type { Host } from "@kubepass/plugin-sdk";

/** What asking the metadata service takes. */
export type MetadataHost = Pick<Host, "clock" | "environment" | "log" | "signal">;

// The service is on the machine itself: it answers in a few milliseconds, or there is none.
const timeoutMs = 1000;
const maxResponseBytes = 4096;
const tokenLifeSeconds = "60";

/** Where the metadata service answers; variables win over the profile, as in AWS's tools. Pure. */
export function findMetadataOrigin(variables: MetadataHost["environment"]["variables"], profile: ReadonlyMap<string, string>): string {
  const origin = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || profile.get("ec2_metadata_service_endpoint");
  if (origin) return origin.replace(/\/+$/, "");
  const mode = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] || profile.get("ec2_metadata_service_endpoint_mode");
  return mode?.toLowerCase() === "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
}

/**
 * The region of the machine, as version 2 of the metadata service tells it; `undefined` when it does not within two seconds.
 * Throws only when the host is interrupted.
 */
export async function findInstanceRegion(origin: string, host: MetadataHost): Promise<string | undefined> {
  const { clock, log, environment, signal } = host;
  // No proxy leads to the machine itself.
  const direct = { clock, log, environment: { ...environment, variables: {} } };
  const fetch = createFetch({ connectTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs, maxResponseBytes, maxRetries: 0 }, direct);
  try {
    const headers = { "x-aws-ec2-metadata-token-ttl-seconds": tokenLifeSeconds };
    const session = await fetch(`${origin}/latest/api/token`, { method: "PUT", headers, signal });
    if (session.status !== 200) return undefined;
    const token = { "x-aws-ec2-metadata-token": await session.text() };
    const answer = await fetch(`${origin}/latest/meta-data/placement/region`, { headers: token, signal });
    return answer.status === 200 ? (await answer.text()).trim() || undefined : undefined;
  } catch {
    // Why is in the log, line by line.
    signal.throwIfAborted();
    return undefined;
  }
}
