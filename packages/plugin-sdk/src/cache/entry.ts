import { CredentialError, isJsonObject, Secret, type Credential, type JsonObject } from "@kubepass/wire";

/** A credential as it lies in the cache, with whose it is. */
export interface CacheEntry {
  readonly key: string;
  readonly provider: string;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  /** What it was made from, where the provider says so. */
  readonly sourceFingerprint?: string | undefined;
  readonly credential: Credential & { readonly expiresAt: Date };
  readonly issuedAt: Date;
  /** From here on it is renewed, and client-go is told that it ends here: the real end minus the margin. */
  readonly renewAt: Date;
}

// A clock that was set back makes ended credentials look fresh; beyond this the entry is not believed.
const maxClockStepMs = 5 * 60_000;

/** True while the credential is handed out without asking anybody. */
export function isFresh(entry: CacheEntry, now: Date): boolean {
  return now < entry.renewAt && entry.issuedAt.getTime() - now.getTime() < maxClockStepMs;
}

/** When to renew: the end minus the margin, where the margin is at most a tenth of the life (S27). */
export function deriveRenewAt(issuedAt: Date, expiresAt: Date, marginSeconds: number): Date {
  const lifeMs = Math.max(0, expiresAt.getTime() - issuedAt.getTime());
  return new Date(expiresAt.getTime() - Math.min(marginSeconds * 1000, lifeMs / 10));
}

/** The text of an entry for the private credential file. */
export function formatEntry(entry: CacheEntry): string {
  const { credential } = entry;
  return JSON.stringify({
    version: 1,
    key: entry.key,
    provider: entry.provider,
    issuer: entry.issuer,
    subject: entry.subject,
    sourceFingerprint: entry.sourceFingerprint,
    issuedAt: entry.issuedAt.toISOString(),
    expiresAt: credential.expiresAt.toISOString(),
    renewAt: entry.renewAt.toISOString(),
    token: credential.token?.reveal(),
    certificatePem: credential.clientCertificate?.certificatePem,
    privateKeyPem: credential.clientCertificate?.privateKeyPem.reveal(),
  });
}

function corrupt(what: string): CredentialError {
  return new CredentialError("CREDENTIAL_INVALID", `cache entry is damaged: ${what}`);
}

function findText(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw corrupt(`${name} is not a string`);
  return value;
}

function getInstant(object: JsonObject, name: string): Date {
  const instant = new Date(findText(object, name) ?? "");
  if (Number.isNaN(instant.getTime())) throw corrupt(`${name} is not an instant`);
  return instant;
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw corrupt("it is not JSON");
  }
  if (!isJsonObject(value) || value["version"] !== 1) throw corrupt("it is of another version");
  return value;
}

function parseCredential(object: JsonObject): CacheEntry["credential"] {
  const token = findText(object, "token");
  const certificatePem = findText(object, "certificatePem");
  const privateKey = findText(object, "privateKeyPem");
  if ((certificatePem === undefined) !== (privateKey === undefined)) throw corrupt("a certificate or key is missing");
  if (token === undefined && certificatePem === undefined) throw corrupt("it holds no credential");
  return {
    token: token === undefined ? undefined : new Secret(token),
    clientCertificate:
      certificatePem === undefined || privateKey === undefined ? undefined : { certificatePem, privateKeyPem: new Secret(privateKey) },
    expiresAt: getInstant(object, "expiresAt"),
  };
}

/**
 * Reads an entry back. Throws `CREDENTIAL_INVALID` when it is damaged, of another version, or of another key
 * or provider: a file that was moved or copied never serves another identity.
 */
export function parseEntry(text: string, expected: { readonly key: string; readonly provider: string }): CacheEntry {
  const object = parseObject(text);
  if (object["key"] !== expected.key || object["provider"] !== expected.provider) throw corrupt("it belongs to another identity");
  return {
    key: expected.key,
    provider: expected.provider,
    issuer: findText(object, "issuer"),
    subject: findText(object, "subject"),
    sourceFingerprint: findText(object, "sourceFingerprint"),
    credential: parseCredential(object),
    issuedAt: getInstant(object, "issuedAt"),
    renewAt: getInstant(object, "renewAt"),
  };
}
