import type { ClientCertificate } from "@kubepass/wire";
import type { Host } from "@kubepass/plugin-sdk";

/** How an issuer is reached. Nothing needs to be given. */
export interface NetworkOptions {
  /** Certificate authorities trusted beside those of the system, each one or more PEM blocks. */
  readonly certificateAuthorityPems?: readonly string[] | undefined;
  /** Presented to servers that ask for one, and the client authentication of `tls_client_auth`. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Unsafe: takes any certificate, so that anybody on the way can read secrets. Warns on each run; refresh tokens must not be stored. */
  readonly isServerCertificateUnchecked?: boolean | undefined;
  /** Sent with each request. `Authorization` and `Content-Type` stay those of the protocol. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Until name resolution, TCP, proxy and TLS are through; default 10 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** Until the last byte of the answer, each try for itself; default 30 s. */
  readonly totalTimeoutMs?: number | undefined;
  /** Largest answer body that is read; default 1 MiB. */
  readonly maxResponseBytes?: number | undefined;
}

/** The part of the host that the network needs. */
export type NetworkHost = Pick<Host, "environment" | "clock" | "log">;
