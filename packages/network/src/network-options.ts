import type { ClientCertificate } from "@kubepass/wire";

/** How an issuer is reached. Nothing needs to be given. */
export interface NetworkOptions {
  /** Certificate authorities trusted beside those of the system, each one or more PEM blocks. */
  readonly certificateAuthorityPems?: readonly string[] | undefined;
  /** Trusts the given authorities alone, and none of the system's; false by default, and when none are given. */
  readonly areOnlyGivenAuthoritiesTrusted?: boolean | undefined;
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
  /** How often a GET is sent again after a broken connection, 5xx or 429; default and most 2. */
  readonly maxRetries?: number | undefined;
  /** Connections of a GET are kept for the next one, for a server that asks often; by default each request has its own. */
  readonly isKeptAlive?: boolean | undefined;
}

/** The part of the host that the network needs; the plugin SDK's `Host` is one. */
export interface NetworkHost {
  readonly environment: {
    readonly variables: Readonly<Record<string, string | undefined>>;
    readonly platform: NodeJS.Platform;
  };
  readonly clock: {
    now(): Date;
    /** Resolves after the time has passed; rejects with the signal's reason when aborted before. */
    sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  };
  readonly log: {
    warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
    debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  };
}
