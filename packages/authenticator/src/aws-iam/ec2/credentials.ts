import type { SigningKey } from "@kubepass/wire/signing";
import type { Secret } from "@kubepass/wire";

/** Credentials of AWS with which the server itself asks EC2. */
export interface AwsCredentials extends SigningKey {
  readonly sessionToken?: Secret | undefined;
  /** When they end; `undefined` when they do not. */
  readonly expiresAt?: Date | undefined;
}

/** Gets credentials that are good now. Throws a `CredentialError` when there are none. */
export type GetAwsCredentials = () => Promise<AwsCredentials>;
