import type { JsonValue, Secret } from "@kubepass/wire";
import type { AuthProviderConfig, ExecConfig } from "./kubeconfig.ts";

/** A PEM that is a file, or stands in the kubeconfig itself; where both are given the text wins. */
export interface PemSource {
  /** An absolute path, to be read again from time to time. */
  readonly file?: string | undefined;
  /** The text from the kubeconfig, out of its base64. */
  readonly pem?: string | undefined;
}

/** A private key, like a {@link PemSource}. */
export interface KeySource {
  readonly file?: string | undefined;
  readonly pem?: Secret | undefined;
}

/** The API server of the selected context and how it is recognised, after overrides. */
export interface ResolvedCluster {
  /** `""` when there is none, as in an in-cluster configuration. */
  readonly name: string;
  /** With a scheme or without one, as client-go's `Host`: what has no scheme is https when anything of TLS is configured. */
  readonly server: string;
  /** `""` means the host of {@link server}. */
  readonly tlsServerName: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly certificateAuthority?: PemSource | undefined;
  /** http, https or socks5. Absent: the environment decides. */
  readonly proxyUrl?: string | undefined;
  readonly disableCompression: boolean;
}

/** Whom to act as; needs a user name. */
export interface Impersonation {
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** An exec plugin with what the cluster says to it. */
export interface ResolvedExec extends ExecConfig {
  /** The cluster extension `client.authentication.k8s.io/exec`, any JSON. */
  readonly clusterConfig?: JsonValue | undefined;
}

/**
 * The credentials that the selected user entry offers, after overrides; which of them is used is decided when a request is
 * made. For a server that is not https there are none, whatever the file says: client-go reads them "only if we are secure".
 */
export interface ResolvedUser {
  /** `""` when the context names nobody. */
  readonly name: string;
  /** The first value; {@link tokenFile} wins whenever it can be read. */
  readonly token?: Secret | undefined;
  readonly tokenFile?: string | undefined;
  readonly username: string;
  readonly password?: Secret | undefined;
  readonly clientCertificate?: PemSource | undefined;
  readonly clientKey?: KeySource | undefined;
  readonly authProvider?: AuthProviderConfig | undefined;
  readonly exec?: ResolvedExec | undefined;
  /** Applies to http servers too. */
  readonly impersonation?: Impersonation | undefined;
}

/** The files that the selected stanzas come from. */
export interface ResolvedOrigins {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
}

/** One selected context, followed to its cluster and user, with overrides applied and validated: client-go's `rest.Config`. */
export interface ResolvedConfig {
  readonly source: "kubeconfig" | "in-cluster";
  /** `""` when none was selected. */
  readonly context: string;
  readonly cluster: ResolvedCluster;
  readonly user: ResolvedUser;
  readonly namespace: string;
  /** Whether the namespace was given from outside the kubeconfig. */
  readonly isNamespaceOverridden: boolean;
  /** For one request; absent: no limit. */
  readonly timeoutMs?: number | undefined;
  readonly origins: ResolvedOrigins;
}
