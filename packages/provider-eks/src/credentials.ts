import type { Secret } from "@kubepass/wire";

/** AWS credentials, of a user (they do not end) or of a session. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
  /** Absent for the keys of a user. */
  readonly expiresAt: Date | undefined;
}
