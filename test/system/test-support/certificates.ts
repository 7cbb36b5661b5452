import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getProgram } from "./programs.ts";

/** A certificate and its key, as PEM files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that nobody trusts by default. */
export interface Authority extends CertificateFiles {
  /** For a server on 127.0.0.1 and localhost. */
  issueServer(name: string): CertificateFiles;
}

const days = "2";

function openssl(...args: readonly string[]): void {
  execFileSync(getProgram("openssl"), args, { stdio: ["ignore", "ignore", "pipe"] });
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function createLeaf(folder: string, authority: CertificateFiles, name: string, subject: string, extensions: string): CertificateFiles {
  const path = (extension: string): string => join(folder, `${name}.${extension}`);
  writeFileSync(path("ext"), `basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n${extensions}\n`);
  openssl("req", ...newKey, "-keyout", path("key"), "-out", path("csr"), "-subj", subject);
  const signer = ["-CA", authority.certificate, "-CAkey", authority.key, "-CAcreateserial"];
  openssl("x509", "-req", "-in", path("csr"), ...signer, "-days", days, "-out", path("crt"), "-extfile", path("ext"));
  return { certificate: path("crt"), key: path("key") };
}

/** A certificate for a client, in a folder. Kubernetes reads the group from the organization. */
export function issueClient(folder: string, authority: CertificateFiles, name: string, group: string): CertificateFiles {
  return createLeaf(folder, authority, name, `/O=${group}/CN=${name}`, "extendedKeyUsage=clientAuth");
}

/** A new certificate authority. OpenSSL makes it, so that nothing of ours vouches for itself. */
export function createAuthority(folder: string, name: string): Authority {
  const files = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  openssl("req", "-x509", ...newKey, "-keyout", files.key, "-out", files.certificate, "-days", days, "-subj", `/CN=${name}`, ...extensions);
  return {
    ...files,
    issueServer: (leaf) =>
      createLeaf(folder, files, leaf, `/CN=${leaf}`, "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1,DNS:localhost"),
  };
}

/** The key pair of a folder that signs service account tokens, made where there is none: tokens outlive a restart. */
export function createSigningKey(folder: string): { readonly privateKey: string; readonly publicKey: string } {
  const [privateKey, publicKey] = [join(folder, "service-accounts.key"), join(folder, "service-accounts.pub")];
  if (existsSync(publicKey)) return { privateKey, publicKey };
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", privateKey);
  openssl("ec", "-in", privateKey, "-pubout", "-out", publicKey);
  return { privateKey, publicKey };
}
