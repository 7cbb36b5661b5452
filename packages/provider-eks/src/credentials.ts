import { CredentialError, type Secret } from "@kubepass/wire";

/** AWS credentials, of a user (they do not end) or of a session. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
  /** Absent for the keys of a user. */
  readonly expiresAt: Date | undefined;
}

/** The credentials themselves. Throws `SOURCE_FAILED` for keys that no signature can be made with; `what` says where they come from. */
export function checkUsableKeys(credentials: AwsCredentials, what: string): AwsCredentials {
  const { accessKeyId, secretAccessKey } = credentials;
  if (/^\w{1,128}$/.test(accessKeyId) && /^[\x21-\x7e]{1,512}$/.test(secretAccessKey.reveal())) return credentials;
  throw new CredentialError("SOURCE_FAILED", `${what} gave keys that are none`);
}
