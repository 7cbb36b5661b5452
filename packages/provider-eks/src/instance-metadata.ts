import { createFetch, type Fetch } from "@kubepass/network";
import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError, isJsonObject, Secret } from "@kubepass/wire";
import { type AwsCredentials, checkUsableKeys } from "./credentials.ts";

/** What asking the metadata service takes. */
export type MetadataHost = Pick<Host, "clock" | "environment" | "log" | "signal">;

// The service is on the machine itself: it answers in a few milliseconds, or there is none.
const timeoutMs = 1000;
const maxResponseBytes = 16_384;
const sessionLifeSeconds = "60";
const credentialsPath = "/latest/meta-data/iam/security-credentials/";

/** Reads texts by version 2 of the service. Version 1, which answers whoever makes somebody else ask, is never spoken. */
type ReadText = (path: string) => Promise<string>;

async function readOk(fetch: Fetch, ...[url, request]: Parameters<Fetch>): Promise<string> {
  const response = await fetch(url, request);
  if (response.status === 200) return await response.text();
  throw new CredentialError("SOURCE_FAILED", `the metadata service answered with status ${response.status}`);
}

async function openSession(origin: string, host: MetadataHost): Promise<ReadText> {
  const { clock, log, environment, signal } = host;
  // No proxy leads to the machine itself.
  const direct = { clock, log, environment: { ...environment, variables: {} } };
  const fetch = createFetch({ connectTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs, maxResponseBytes, maxRetries: 1 }, direct);
  const life = { "x-aws-ec2-metadata-token-ttl-seconds": sessionLifeSeconds };
  const token = await readOk(fetch, `${origin}/latest/api/token`, { method: "PUT", headers: life, signal });
  return async (path) => await readOk(fetch, `${origin}${path}`, { headers: { "x-aws-ec2-metadata-token": token }, signal });
}

/**
 * The region of the machine, as the metadata service tells it; `undefined` when it does not, within a few seconds. Throws only when
 * the host is interrupted.
 */
export async function findInstanceRegion(origin: string, host: MetadataHost): Promise<string | undefined> {
  try {
    const read = await openSession(origin, host);
    return (await read("/latest/meta-data/placement/region")).trim() || undefined;
  } catch {
    // Why is in the log, request by request.
    host.signal.throwIfAborted();
    return undefined;
  }
}

function parseCredentials(text: string): AwsCredentials {
  const value: unknown = JSON.parse(text);
  const { AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration: end } = isJsonObject(value) ? value : {};
  const expiresAt = new Date(typeof end === "string" ? end : Number.NaN);
  if (typeof id !== "string" || typeof secret !== "string" || typeof token !== "string" || Number.isNaN(expiresAt.getTime())) {
    throw new CredentialError("SOURCE_FAILED", "the metadata service gave no credentials");
  }
  const credentials = { accessKeyId: id, secretAccessKey: new Secret(secret), sessionToken: new Secret(token), expiresAt };
  return checkUsableKeys(credentials, "the metadata service");
}

/** The credentials of the machine's role, by version 2 of the metadata service. Throws `SOURCE_FAILED`. */
export async function readInstanceCredentials(origin: string, host: MetadataHost): Promise<AwsCredentials> {
  try {
    const read = await openSession(origin, host);
    const [role = ""] = (await read(credentialsPath)).split("\n");
    return parseCredentials(await read(`${credentialsPath}${encodeURIComponent(role.trim())}`));
  } catch (error) {
    host.signal.throwIfAborted();
    const reason = error instanceof CredentialError ? error.message : "it answered something else";
    throw new CredentialError("SOURCE_FAILED", `the machine's role gave no credentials: ${reason}`, {
      hint: "no keys, profile or web identity were found, so the machine's role was asked for: set AWS_PROFILE, or give profile",
    });
  }
}
