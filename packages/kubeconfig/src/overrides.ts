import type { Secret } from "@kubepass/wire";

/**
 * What is given from outside and wins over the kubeconfig: kubectl's flags, one by one. An empty text is as good as none.
 */
export interface Overrides {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
  /** Also forgets the kubeconfig's `tls-server-name`. */
  readonly server?: string | undefined;
  readonly tlsServerName?: string | undefined;
  /** Also forgets the kubeconfig's authority. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** A file. Also forgets the kubeconfig's authority and that checks are off. */
  readonly certificateAuthority?: string | undefined;
  /** PEM in base64. */
  readonly certificateAuthorityData?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly disableCompression?: boolean | undefined;
  /** A file; forgets a certificate in the kubeconfig itself, as does the key. */
  readonly clientCertificate?: string | undefined;
  readonly clientCertificateData?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly clientKeyData?: Secret | undefined;
  readonly token?: Secret | undefined;
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly impersonate?: string | undefined;
  readonly impersonateUid?: string | undefined;
  readonly impersonateGroups?: readonly string[] | undefined;
  readonly impersonateExtra?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Whole seconds or a Go duration. */
  readonly requestTimeout?: string | undefined;
}

/** A namespace as kubectl reads its flag: `ns/x`, `namespace/x` and `namespaces/x` mean `x`, in any case. */
export function parseNamespaceFlag(text: string): string {
  return /^(?:namespaces|namespace|ns)\/(.+)$/is.exec(text)?.[1] ?? text;
}
