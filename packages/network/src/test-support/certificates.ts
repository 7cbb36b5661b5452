import { createHash, webcrypto } from "node:crypto";
import type * as X509 from "@peculiar/x509";

/** A certificate and its key, both PEM. */
export interface TestCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A certificate authority of one test. */
export interface TestAuthority extends TestCertificate {
  issue(options?: LeafOptions): Promise<TestCertificate>;
}

/** What a leaf says; by default it is valid now for 127.0.0.1 and localhost. */
export interface LeafOptions {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;

// Loaded late, because Bun runs a CommonJS dependency before the modules that are imported in front of it.
async function loadX509(): Promise<typeof X509> {
  if (!("getMetadata" in Reflect)) {
    // It brings a dependency-injection library that insists on the reflect-metadata polyfill and uses none of it here.
    Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata: () => {} });
  }
  return await import("@peculiar/x509");
}

async function createKeys(): Promise<{ keys: webcrypto.CryptoKeyPair; privateKeyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const der = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { keys, privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${Buffer.from(der).toString("base64")}\n-----END PRIVATE KEY-----\n` };
}

function serialOf(text: string): string {
  return `00${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** A new authority whose certificates are trusted by nobody. */
export async function createAuthority(name = "kubepass test authority"): Promise<TestAuthority> {
  const x509 = await loadX509();
  const { keys, privateKeyPem } = await createKeys();
  const [notBefore, notAfter] = [new Date(Date.now() - dayMs), new Date(Date.now() + dayMs)];
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    keys,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issue = async (options: LeafOptions = {}): Promise<TestCertificate> => {
    const leaf = await createKeys();
    const { names = ["localhost"], addresses = ["127.0.0.1"] } = options;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialOf(leaf.privateKeyPem),
      subject: "CN=leaf",
      issuer: root.subject,
      publicKey: leaf.keys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      notBefore: options.notBefore ?? notBefore,
      notAfter: options.notAfter ?? notAfter,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          ...names.map((value) => ({ type: "dns" as const, value })),
          ...addresses.map((value) => ({ type: "ip" as const, value })),
        ]),
        new x509.BasicConstraintsExtension(false),
        await x509.AuthorityKeyIdentifierExtension.create(root),
      ],
    });
    return { certificatePem: certificate.toString("pem"), privateKeyPem: leaf.privateKeyPem };
  };
  return { certificatePem: root.toString("pem"), privateKeyPem, issue };
}

/** A certificate for 127.0.0.1 that vouches for itself. */
export async function createSelfSigned(): Promise<TestCertificate> {
  const x509 = await loadX509();
  const { keys, privateKeyPem } = await createKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=alone",
    keys,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  });
  return { certificatePem: certificate.toString("pem"), privateKeyPem };
}
