import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { bits, element, integer, objectId, octets, sequence, setOf, time, utf8, yes } from "./der.ts";

/** A certificate and its key (PKCS#8), both PEM. */
export interface CertificatePair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** An authority that can issue. */
export interface Issuer extends CertificatePair {
  readonly name: string;
  readonly key: KeyObject;
  readonly keyId: Buffer;
}

/** Until when. */
export interface Period {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a certificate that is no authority's is for. */
export interface LeafRequest extends Period {
  readonly commonName: string;
  readonly usage: "server" | "client";
  /** DNS names and IP addresses, for a server. */
  readonly hosts: readonly string[];
}

interface Subject {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const ids = {
  commonName: "2.5.4.3",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

const algorithm = sequence(objectId(ids.ecdsaWithSha256));

const formatName = (name: string): Buffer => sequence(setOf(sequence(objectId(ids.commonName), utf8(name))));

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(objectId(id), ...(isCritical ? [yes()] : []), octets(value));
}

function toAddressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The platform writes any IPv6 address as eight groups of hexadecimal digits, with "::" for zeros.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string): readonly string[] => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join(""), "hex");
}

function formatHosts(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) => (isIP(host) === 0 ? element(0x82, Buffer.from(host, "ascii")) : element(0x87, toAddressBytes(host))));
  return extension(ids.subjectAltName, sequence(...names));
}

function createKeys(): {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly privateKeyPem: string;
  readonly keyId: Buffer;
} {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const keyId = createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
  return { publicKey, privateKey, privateKeyPem, keyId };
}

function formatPem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${(der.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;
}

function issue(subject: Subject, issuer: { readonly name: string; readonly key: KeyObject }, period: Period): string {
  const serial = randomBytes(16);
  // Positive, and not zero.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const version3 = element(0xa0, integer(Buffer.from([2])));
  const content = sequence(
    version3,
    integer(serial),
    algorithm,
    formatName(issuer.name),
    sequence(time(period.notBefore), time(period.notAfter)),
    formatName(subject.name),
    subject.publicKey.export({ type: "spki", format: "der" }),
    element(0xa3, sequence(...subject.extensions)),
  );
  return formatPem(sequence(content, algorithm, bits(sign("sha256", content, issuer.key))));
}

/** A new authority with an ECDSA P-256 key (RFC 5280). */
export function createAuthority(name: string, period: Period): Issuer {
  const { publicKey, privateKey: key, privateKeyPem, keyId } = createKeys();
  const extensions = [
    extension(ids.basicConstraints, sequence(yes()), true),
    // keyCertSign and cRLSign.
    extension(ids.keyUsage, bits(Buffer.from([0x06]), 1), true),
    extension(ids.subjectKeyId, octets(keyId)),
  ];
  return { name, key, keyId, privateKeyPem, certificatePem: issue({ name, publicKey, extensions }, { name, key }, period) };
}

/** A certificate of the authority for a server or a client, with a key of its own. */
export function issueLeaf(authority: Issuer, request: LeafRequest): CertificatePair {
  const { publicKey, privateKeyPem, keyId } = createKeys();
  const extensions = [
    extension(ids.basicConstraints, sequence(), true),
    // digitalSignature.
    extension(ids.keyUsage, bits(Buffer.from([0x80]), 7), true),
    extension(ids.extendedKeyUsage, sequence(objectId(request.usage === "server" ? ids.serverAuth : ids.clientAuth))),
    extension(ids.subjectKeyId, octets(keyId)),
    extension(ids.authorityKeyId, sequence(element(0x80, authority.keyId))),
    ...(request.hosts.length === 0 ? [] : [formatHosts(request.hosts)]),
  ];
  return { privateKeyPem, certificatePem: issue({ name: request.commonName, publicKey, extensions }, authority, request) };
}
