import type { StsEndpoint } from "@kubepass/wire";
import type { AwsFiles } from "./aws-files.ts";

/** One role of a chain, and what is said when taking it on. */
export interface RoleOptions {
  readonly arn: string;
  readonly sessionName: string;
  readonly externalId: string | undefined;
  readonly durationSeconds: number | undefined;
  readonly sourceIdentity: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTags: readonly string[];
}

/** What was given by options, checked. What the environment and AWS's files add is in `EksSetting`. */
export interface EksOptions {
  readonly clusterId: string;
  readonly region: string | undefined;
  readonly partition: string | undefined;
  readonly profile: string | undefined;
  /** Taken on one after the other. */
  readonly roles: readonly RoleOptions[];
  /** The session name is that of the base credentials' own session. */
  readonly isSessionNameForwarded: boolean;
  readonly mfaSerial: string | undefined;
  readonly mfaDurationSeconds: number | undefined;
  readonly stsEndpoint: "auto" | "regional" | "global" | "fips" | "dual-stack" | "fips-dual-stack";
  readonly stsEndpointUrl: string | undefined;
  readonly ssoGrant: "auto" | "authorization-code" | "device-code";
  readonly certificateAuthorityFiles: readonly string[];
}

/** Where base credentials come from, with the reason for people. */
export type CredentialSource =
  | { readonly kind: "environment"; readonly accessKeyId: string; readonly isTemporary: boolean }
  | { readonly kind: "profile"; readonly name: string }
  | { readonly kind: "web-identity"; readonly tokenFile: string; readonly roleArn: string; readonly sessionName: string | undefined }
  | { readonly kind: "container"; readonly url: string }
  | { readonly kind: "instance" };

/** Which hosts of AWS's services are meant, where a service has several. */
export interface AddressKind {
  /** Validated by FIPS 140. */
  readonly isFips: boolean;
  /** For IPv4 and IPv6. */
  readonly isDualStack: boolean;
}

/** Everything that decides about a token, from options, environment and files. */
export interface EksSetting {
  readonly options: EksOptions;
  readonly source: CredentialSource;
  /** Why this source and no other. */
  readonly sourceReason: string;
  readonly endpoint: StsEndpoint;
  /** The hosts of services other than STS. */
  readonly addressKind: AddressKind;
  /** Where requests to STS go when not to `endpoint`: a VPC endpoint, or a stand-in. */
  readonly stsUrl: string | undefined;
  /** Where the machine's metadata service answers; `undefined` where it is turned off. */
  readonly metadataOrigin: string | undefined;
  /** AWS's files as they were when all this was decided; nothing of ours reads them again. */
  readonly files: AwsFiles;
  /** A hash of all that the credentials are made from, made of {@link files}; see `Provider.sourceFingerprint`. */
  readonly fingerprint: string;
}
