import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type * as X509 from "@peculiar/x509";

/** A certificate and its private key (PKCS#8), both PEM. */
export interface CertificateAndKey {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** When a certificate is valid; by default from yesterday until tomorrow. */
export interface CertificatePeriod {
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
}

/** The names and addresses of a server; by default 127.0.0.1, ::1 and localhost. */
export interface ServerCertificateOptions extends CertificatePeriod {
  readonly hosts?: readonly string[] | undefined;
}

/** Whom a client certificate names, in the form that Kubernetes reads: user name and groups. */
export interface ClientCertificateOptions extends CertificatePeriod {
  readonly commonName: string;
  readonly organizations?: readonly string[] | undefined;
  /** DNS names, for tls_client_auth (RFC 8705 §2.1.2). */
  readonly hosts?: readonly string[] | undefined;
}

/** An authority that only its own test trusts. ECDSA P-256. */
export interface CertificateAuthority {
  readonly name: string;
  readonly certificatePem: string;
  issueServer(options?: ServerCertificateOptions): Promise<CertificateAndKey>;
  /** A server certificate that ended an hour ago. */
  issueExpiredServer(options?: ServerCertificateOptions): Promise<CertificateAndKey>;
  issueClient(options: ClientCertificateOptions): Promise<CertificateAndKey>;
}

interface LeafRequest extends CertificatePeriod {
  readonly subject: X509.JsonName;
  readonly hosts: readonly string[];
  readonly usage: "serverAuth" | "clientAuth";
}

interface AuthorityKeys {
  readonly root: X509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const loopbackHosts: readonly string[] = ["127.0.0.1", "::1", "localhost"];
const dayMs = 86_400_000;
const hourMs = 3_600_000;

async function loadX509(): Promise<typeof X509> {
  if (!("getMetadata" in Reflect)) {
    // It brings a dependency-injection library that insists on the reflect-metadata polyfill and uses none of it here.
    Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata: () => {} });
  }
  return await import("@peculiar/x509");
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function formatPrivateKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  const lines = der.match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

function createSerial(): string {
  // The leading zero byte keeps the number positive (RFC 5280 §4.1.2.2).
  return `00${randomBytes(12).toString("hex")}`;
}

function toPeriod(period: CertificatePeriod): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: period.notBefore ?? new Date(now - dayMs), notAfter: period.notAfter ?? new Date(now + dayMs) };
}

async function createRoot(name: string): Promise<AuthorityKeys> {
  const x509 = await loadX509();
  const keys = await createKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: createSerial(),
    name: [{ CN: [name] }],
    keys,
    ...toPeriod({}),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { root, keys };
}

async function issue(authority: AuthorityKeys, request: LeafRequest): Promise<CertificateAndKey> {
  const x509 = await loadX509();
  const keys = await createKeys();
  const names = request.hosts.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: createSerial(),
    subject: request.subject,
    issuer: authority.root.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: algorithm,
    ...toPeriod(request),
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[request.usage]]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.root),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, privateKeyPem: await formatPrivateKey(keys.privateKey) };
}

/** A new authority with a key of its own. */
export async function createCertificateAuthority(name = "kubepass testkit"): Promise<CertificateAuthority> {
  const authority = await createRoot(name);
  const issueServer = async ({ hosts = loopbackHosts, ...period }: ServerCertificateOptions = {}): Promise<CertificateAndKey> =>
    await issue(authority, { subject: [{ CN: [hosts[0] ?? "server"] }], hosts, usage: "serverAuth", ...period });
  return {
    name,
    certificatePem: `${authority.root.toString("pem")}\n`,
    issueServer,
    issueExpiredServer: async (options = {}) => await issueServer({ ...options, notAfter: new Date(Date.now() - hourMs) }),
    issueClient: async ({ commonName, organizations = [], hosts = [], ...period }) => {
      const subject = [...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }];
      return await issue(authority, { subject, hosts, usage: "clientAuth", ...period });
    },
  };
}
