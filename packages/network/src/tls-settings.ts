import { type ConnectionOptions, createSecureContext } from "node:tls";
import { CredentialError } from "@kubepass/wire";
import type { NetworkHost, NetworkOptions } from "./network-options.ts";
import { parseAuthorities, readTrustedAuthorities } from "./trusted-authorities.ts";

/** The TLS settings for the target and for an https proxy, read when they are asked for and kept. */
export interface TlsSettings {
  /**
   * With a `servername`, that is asked for and checked instead of the URL's host. Throws `FILE_UNREADABLE` for certificates that
   * cannot be used.
   */
  forTarget(): ConnectionOptions;
  /** Always checks the certificate, and shows none. Throws `FILE_UNREADABLE`. */
  forProxy(): ConnectionOptions;
}

const minVersion = "TLSv1.2";

function readAuthoritiesOf(options: NetworkOptions, host: NetworkHost): string[] {
  const given = options.certificateAuthorityPems ?? [];
  const areAlone = options.areOnlyGivenAuthoritiesTrusted === true && given.length > 0;
  return areAlone ? [...parseAuthorities(given)] : readTrustedAuthorities(given, host);
}

/** The settings of {@link NetworkOptions} for node:tls. Reads nothing until one of its methods is called. */
export function createTlsSettings(options: NetworkOptions, host: NetworkHost): TlsSettings {
  let authorities: string[] | undefined;
  let proxySettings: ConnectionOptions | undefined;
  let targetSettings: ConnectionOptions | undefined;
  const readAuthorities = (): string[] => (authorities ??= readAuthoritiesOf(options, host));
  const forProxy = (): ConnectionOptions =>
    (proxySettings ??= { minVersion, secureContext: createSecureContext({ ca: readAuthorities(), minVersion }) });
  const createTargetSettings = (): ConnectionOptions => {
    const rejectUnauthorized = options.isServerCertificateUnchecked !== true;
    if (options.clientCertificate === undefined) return { ...forProxy(), rejectUnauthorized };
    const { certificatePem, privateKeyPem } = options.clientCertificate;
    const ca = readAuthorities();
    try {
      const secureContext = createSecureContext({ ca, cert: certificatePem, key: privateKeyPem.reveal(), minVersion });
      return { minVersion, secureContext, rejectUnauthorized };
    } catch {
      // The reason may quote the key.
      throw new CredentialError("FILE_UNREADABLE", "the client certificate and its key cannot be used together", {
        hint: "give a PEM certificate and the unencrypted PEM key that belongs to it",
      });
    }
  };
  return { forProxy, forTarget: () => (targetSettings ??= createTargetSettings()) };
}
