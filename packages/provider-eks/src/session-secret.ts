import { isJsonObject, Secret } from "@kubepass/wire";
import type { AwsCredentials } from "./credentials.ts";

const version = 1;

/** The text that the session store keeps: temporary credentials that cost a person an MFA code, and what they were made from. */
export function formatEksSession(credentials: AwsCredentials, fingerprint: string): Secret {
  return new Secret(
    JSON.stringify({
      version,
      fingerprint,
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey.reveal(),
      sessionToken: credentials.sessionToken?.reveal(),
      expiresAt: credentials.expiresAt?.toISOString(),
    }),
  );
}

/**
 * The credentials of a stored session; `undefined` when they were made from something else than `fingerprint` says now,
 * or cannot be read: either way a person is asked again.
 */
export function parseEksSession(secret: Secret, fingerprint: string): AwsCredentials | undefined {
  let value: unknown;
  try {
    value = JSON.parse(secret.reveal());
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || value["version"] !== version || value["fingerprint"] !== fingerprint) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = value;
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string" || typeof sessionToken !== "string") return undefined;
  const end = new Date(typeof expiresAt === "string" ? expiresAt : Number.NaN);
  if (Number.isNaN(end.getTime())) return undefined;
  return { accessKeyId, secretAccessKey: new Secret(secretAccessKey), sessionToken: new Secret(sessionToken), expiresAt: end };
}
