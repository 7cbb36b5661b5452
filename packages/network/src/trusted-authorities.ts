import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tls from "node:tls";
import { CredentialError } from "@kubepass/wire";
import type { NetworkHost } from "./network-options.ts";

// Where Linux distributions and macOS keep their bundle, in the order of Go's crypto/x509.
const bundlePaths = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The PEM blocks of certificates in a text. */
function findCertificateBlocks(text: string): readonly string[] {
  return text.match(certificateBlock) ?? [];
}

/**
 * The certificates of PEM texts that an option gave.
 * Throws `FILE_UNREADABLE` when one holds no certificate, or one that cannot be read.
 */
export function parseAuthorities(pems: readonly string[]): readonly string[] {
  return pems.flatMap((pem, index) => {
    const name = pems.length === 1 ? "the certificate authority" : `certificate authority ${index + 1}`;
    const hint = "give PEM text that starts with -----BEGIN CERTIFICATE-----";
    const blocks = findCertificateBlocks(pem);
    if (blocks.length === 0) throw new CredentialError("FILE_UNREADABLE", `${name} holds no certificate in PEM form`, { hint });
    for (const block of blocks) {
      try {
        void new X509Certificate(block);
      } catch (error) {
        throw new CredentialError("FILE_UNREADABLE", `${name} holds a certificate that cannot be read`, { hint, cause: error });
      }
    }
    return blocks;
  });
}

function findBundle(path: string): readonly string[] {
  try {
    return findCertificateBlocks(readFileSync(path, "utf8"));
  } catch {
    return [];
  }
}

function findFolder(path: string): readonly string[] {
  try {
    return readdirSync(path).flatMap((name) => findBundle(join(path, name)));
  } catch {
    return [];
  }
}

function readSystemBundle(host: NetworkHost): readonly string[] {
  const { variables, platform } = host.environment;
  const [file, folders] = [variables["SSL_CERT_FILE"], variables["SSL_CERT_DIR"]];
  if (file || folders) {
    const found = [
      ...(file ? findBundle(file) : []),
      ...(folders ?? "").split(platform === "win32" ? ";" : ":").flatMap((folder) => (folder ? findFolder(folder) : [])),
    ];
    if (found.length === 0) host.log.warn("SSL_CERT_FILE and SSL_CERT_DIR hold no readable certificate", { file, folders });
    return found;
  }
  if (platform === "win32") return [];
  for (const path of bundlePaths) {
    const found = findBundle(path);
    if (found.length > 0) return found;
  }
  return [];
}

// Newer runtimes can read Windows' and macOS' own stores.
function readSystemStore(): readonly string[] {
  const newer: typeof tls & { readonly getCACertificates?: (kind: "system") => unknown } = tls;
  try {
    const found = newer.getCACertificates?.("system");
    return Array.isArray(found) ? found.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

/**
 * The authorities to trust: those of the runtime, those of the system (`SSL_CERT_FILE`, `SSL_CERT_DIR` or the usual
 * places, or the operating system's store), and those given. Costs some 10 ms: ask only when https is spoken.
 * Throws `FILE_UNREADABLE` for given ones that cannot be read.
 */
export function readTrustedAuthorities(pems: readonly string[], host: NetworkHost): string[] {
  const given = parseAuthorities(pems);
  const bundle = readSystemBundle(host);
  const system = bundle.length > 0 ? bundle : readSystemStore();
  const normal = (block: string): string => block.replace(/\r/g, "").trim();
  return [...new Set([...tls.rootCertificates, ...system, ...given].map(normal))];
}
