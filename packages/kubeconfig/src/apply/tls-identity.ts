import { createSecureContext, type ConnectionOptions, type SecureContext } from "node:tls";
import { type ClientCertificate, CredentialError, Secret } from "@kubepass/wire";
import { readTrustedAuthorities, type TlsSettings } from "@kubepass/network";
import type { ClientHost } from "../client-host.ts";
import { findCertificates, findKeyPairProblem, keyPairProblems } from "../credentials/key-pair.ts";
import { readPem } from "../credentials/read-pem.ts";
import type { CertificateSource } from "../credentials/select-credentials.ts";
import type { PemSource, ResolvedCluster } from "../resolved-config.ts";

/** What decides with which certificates a connection is made. */
export interface TlsSource {
  readonly cluster: ResolvedCluster;
  /** Of the kubeconfig. Files are read again from time to time. */
  readonly certificate: CertificateSource | undefined;
  /** Of a plugin, as it is now. */
  findCertificate(): ClientCertificate | undefined;
}

/** What a look at the files brought. */
export type TlsChange = "nothing" | "authority" | "certificate";

const minVersion = "TLSv1.2";
const authorityCheckMs = 300_000;
const certificateCheckMs = 1_000;

function invalid(what: string, hint: string): CredentialError {
  return new CredentialError("FILE_UNREADABLE", what, { hint });
}

/** Judges a CA bundle as client-go does: at least one certificate, and no broken one. `undefined` when it is good. */
function findAuthorityProblem(pem: string): string | undefined {
  const certificates = findCertificates(pem);
  if (certificates === undefined) return "holds a certificate that cannot be read";
  return certificates.length === 0 ? "holds no certificate in PEM form" : undefined;
}

function readAuthority(source: PemSource | undefined): string | undefined {
  const pem = readPem(source, "the certificate authority");
  // An empty file means that nobody is trusted, and not everybody whom the system trusts.
  const problem = pem === undefined || pem === "" ? undefined : findAuthorityProblem(pem);
  if (problem === undefined) return pem;
  const name = source?.pem === undefined ? (source?.file ?? "") : "of the kubeconfig";
  throw invalid(`the certificate authority ${name} ${problem}`, "give PEM text that starts with -----BEGIN CERTIFICATE-----");
}

function readCertificate({ certificate, key }: CertificateSource): ClientCertificate {
  const certificatePem = readPem(certificate, "the client certificate") ?? "";
  const privateKeyPem = new Secret(readPem(key, "the client key") ?? "");
  const problem = findKeyPairProblem(certificatePem, privateKeyPem.reveal());
  if (problem !== undefined) {
    throw invalid(`the user entry ${keyPairProblems[problem]}`, "give a PEM certificate and the unencrypted PEM key that belongs to it");
  }
  return { certificatePem, privateKeyPem };
}

function isSame(left: ClientCertificate | undefined, right: ClientCertificate | undefined): boolean {
  return left?.certificatePem === right?.certificatePem && left?.privateKeyPem.reveal() === right?.privateKeyPem.reveal();
}

/**
 * With whom connections are made and as whom: the trusted authority and the client certificate, each from the kubeconfig or from
 * files that are read again (authority at most every 5 minutes, certificate at most every second), or from a plugin.
 */
export class TlsIdentity implements TlsSettings {
  readonly #source: TlsSource;
  readonly #host: ClientHost;
  #authority: string | undefined;
  #certificate: ClientCertificate | undefined;
  #authorityReadMs = 0;
  #certificateReadMs = 0;
  #context: { readonly secure: SecureContext; readonly certificate: ClientCertificate | undefined } | undefined;
  #proxyContext: SecureContext | undefined;

  /** Reads the files. Throws `FILE_UNREADABLE`, `CONFIG_INVALID`. */
  constructor(source: TlsSource, host: ClientHost) {
    const { cluster, certificate } = source;
    if (cluster.insecureSkipTlsVerify && cluster.certificateAuthority !== undefined) {
      throw new CredentialError("CONFIG_INVALID", "insecure-skip-tls-verify is set together with a certificate authority", {
        hint: "remove insecure-skip-tls-verify",
      });
    }
    this.#source = source;
    this.#host = host;
    this.#authority = readAuthority(cluster.certificateAuthority);
    this.#certificate = certificate && readCertificate(certificate);
    this.#authorityReadMs = this.#certificateReadMs = host.clock.now().getTime();
  }

  /** Looks at the files if it is time. What cannot be read or used leaves everything as it is. */
  refresh(): TlsChange {
    const nowMs = this.#host.clock.now().getTime();
    if (this.#refreshCertificate(nowMs)) return "certificate";
    return this.#refreshAuthority(nowMs) ? "authority" : "nothing";
  }

  forTarget(): ConnectionOptions {
    const { cluster } = this.#source;
    const settings = { minVersion, secureContext: this.#getContext(), rejectUnauthorized: !cluster.insecureSkipTlsVerify } as const;
    return cluster.tlsServerName === "" ? settings : { ...settings, servername: cluster.tlsServerName };
  }

  forProxy(): ConnectionOptions {
    // client-go judges a proxy by the cluster's authority alone; one that the system trusts will do as well.
    const given = this.#authority ? [this.#authority] : [];
    this.#proxyContext ??= createSecureContext({ ca: readTrustedAuthorities(given, this.#host), minVersion });
    return { minVersion, secureContext: this.#proxyContext };
  }

  #refreshCertificate(nowMs: number): boolean {
    const source = this.#source.certificate;
    const isReloaded = source !== undefined && source.certificate.pem === undefined && source.key.pem === undefined;
    if (!isReloaded || nowMs - this.#certificateReadMs < certificateCheckMs) return false;
    this.#certificateReadMs = nowMs;
    try {
      const read = readCertificate(source);
      if (isSame(read, this.#certificate)) return false;
      this.#certificate = read;
      return true;
    } catch (error) {
      this.#host.log.warn("the client certificate cannot be read again: the last one is used", { reason: String(error) });
      return false;
    }
  }

  #refreshAuthority(nowMs: number): boolean {
    const source = this.#source.cluster.certificateAuthority;
    if (source?.file === undefined || source.pem !== undefined || nowMs - this.#authorityReadMs < authorityCheckMs) return false;
    this.#authorityReadMs = nowMs;
    try {
      const read = readAuthority(source);
      if (read === "" || read === this.#authority) return false;
      this.#authority = read;
      this.#context = undefined;
      this.#proxyContext = undefined;
      return true;
    } catch (error) {
      this.#host.log.warn("the certificate authority cannot be read again: the last one is used", { reason: String(error) });
      return false;
    }
  }

  #getContext(): SecureContext {
    const certificate = this.#certificate ?? this.#source.findCertificate();
    if (this.#context !== undefined && isSame(this.#context.certificate, certificate)) return this.#context.secure;
    const ca =
      this.#authority === undefined ? readTrustedAuthorities([], this.#host) : (findCertificates(this.#authority) ?? []).map(String);
    const identity = certificate && { cert: certificate.certificatePem, key: certificate.privateKeyPem.reveal() };
    this.#context = { secure: createSecureContext({ ca, minVersion, ...identity }), certificate };
    return this.#context.secure;
  }
}
