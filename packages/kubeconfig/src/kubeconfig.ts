import type { JsonValue, Secret } from "@kubepass/wire";

/** What other programs keep in a kubeconfig, by its name; nothing of it means anything to us but the exec extension. */
export type Extensions = ReadonlyMap<string, JsonValue>;

/** The cluster extension whose value is handed to exec plugins as `spec.cluster.config`. */
export const execExtensionName = "client.authentication.k8s.io/exec";

/** How an API server is reached. A text that the file leaves out is `""`, as in client-go. */
export interface Cluster {
  readonly server: string;
  readonly tlsServerName: string;
  readonly insecureSkipTlsVerify: boolean;
  /** A file. Absolute once the kubeconfig was merged. */
  readonly certificateAuthority: string;
  /** PEM in base64, as the file has it, without line breaks. */
  readonly certificateAuthorityData: string;
  readonly proxyUrl: string;
  readonly disableCompression: boolean;
  readonly extensions: Extensions;
  /** The kubeconfig that this stanza comes from; absent when it was made in memory. */
  readonly origin?: string | undefined;
}

/** An auth-provider of older clients: `oidc`, and the removed `gcp`, `azure` and `openstack`. */
export interface AuthProviderConfig {
  readonly name: string;
  /** Tokens and client secrets are among the values, so all of them are secrets. */
  readonly config: ReadonlyMap<string, Secret>;
}

/** One variable that an exec plugin gets beside ours. */
export interface ExecVariable {
  readonly name: string;
  readonly value: Secret;
}

/** The command that prints a credential. */
export interface ExecConfig {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly ExecVariable[];
  readonly apiVersion: string;
  readonly installHint: string;
  readonly provideClusterInfo: boolean;
  /** `Never`, `IfAvailable` or `Always`; anything else is refused by validation. `""` when v1 does not say. */
  readonly interactiveMode: string;
}

/** How somebody proves who they are: an entry of `users`, client-go's AuthInfo. */
export interface User {
  /** A file. Absolute once the kubeconfig was merged, like the other files here. */
  readonly clientCertificate: string;
  /** PEM in base64, as the file has it, without line breaks. */
  readonly clientCertificateData: string;
  readonly clientKey: string;
  /** PEM in base64. */
  readonly clientKeyData?: Secret | undefined;
  readonly token?: Secret | undefined;
  readonly tokenFile: string;
  readonly username: string;
  readonly password?: Secret | undefined;
  readonly impersonate: string;
  readonly impersonateUid: string;
  readonly impersonateGroups: readonly string[];
  readonly impersonateExtra: ReadonlyMap<string, readonly string[]>;
  readonly authProvider?: AuthProviderConfig | undefined;
  readonly exec?: ExecConfig | undefined;
  readonly extensions: Extensions;
  readonly origin?: string | undefined;
}

/** A cluster, a user and a namespace under one name. */
export interface Context {
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string;
  readonly extensions: Extensions;
  readonly origin?: string | undefined;
}

/** The deprecated `preferences`. */
export interface Preferences {
  readonly colors: boolean;
  readonly extensions: Extensions;
}

/** One kubeconfig, or several merged into one. */
export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly users: ReadonlyMap<string, User>;
  readonly contexts: ReadonlyMap<string, Context>;
  readonly currentContext: string;
  readonly preferences: Preferences;
  readonly extensions: Extensions;
}

/** A cluster that says nothing. */
export const emptyCluster: Cluster = {
  server: "",
  tlsServerName: "",
  insecureSkipTlsVerify: false,
  certificateAuthority: "",
  certificateAuthorityData: "",
  proxyUrl: "",
  disableCompression: false,
  extensions: new Map(),
};

/** A user that says nothing: anonymous. */
export const emptyUser: User = {
  clientCertificate: "",
  clientCertificateData: "",
  clientKey: "",
  tokenFile: "",
  username: "",
  impersonate: "",
  impersonateUid: "",
  impersonateGroups: [],
  impersonateExtra: new Map(),
  extensions: new Map(),
};

/** A context that says nothing. */
export const emptyContext: Context = { cluster: "", user: "", namespace: "", extensions: new Map() };

/** What a file of zero bytes says. */
export const emptyKubeconfig: Kubeconfig = {
  clusters: new Map(),
  users: new Map(),
  contexts: new Map(),
  currentContext: "",
  preferences: { colors: false, extensions: new Map() },
  extensions: new Map(),
};
