import { CredentialError, isCredentialError, type Credential } from "@kubepass/wire";
import { writeEntry } from "./cache/credential-store.ts";
import { deriveRenewAt } from "./cache/entry.ts";
import type { CredentialRequest, ReadyCredential } from "./credential-request.ts";
import type { Host } from "./host.ts";
import type { Issued } from "./provider.ts";
import type { KeptSession } from "./sessions/choose-session-store.ts";
import { writeSignInRecord, type SignInRecord } from "./sessions/sign-in-record.ts";

const defaultMarginSeconds = 60;

/** Where and for whom something is kept. */
export interface Keeping {
  readonly key: string;
  readonly request: CredentialRequest;
  readonly record: SignInRecord | undefined;
  readonly host: Host;
}

/** What brought the credential. */
export type Occasion = "sign-in" | "refresh";

/** The end of a credential: what the provider says, but never after the client certificate itself ends. */
async function findEnd(credential: Credential): Promise<Date | undefined> {
  if (credential.clientCertificate === undefined) return credential.expiresAt;
  const { X509Certificate } = await import("node:crypto");
  let certificateEnd: Date;
  try {
    certificateEnd = new Date(new X509Certificate(credential.clientCertificate.certificatePem).validTo);
  } catch (error) {
    throw new CredentialError("CREDENTIAL_INVALID", "the provider returned a client certificate that cannot be read", { cause: error });
  }
  const { expiresAt } = credential;
  return expiresAt !== undefined && expiresAt < certificateEnd ? expiresAt : certificateEnd;
}

/** Runs a write; a store that cannot be written is a warning, for the credential itself is good. */
function tryWrite(host: Host, what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isCredentialError(error, "STORE_UNWRITABLE")) throw error;
    host.log.warn(`the ${what} cannot be kept`, { code: error.code, reason: error.message, hint: error.hint });
  }
}

/** Whether a session belongs to the person of the record for sure: an issuer may name no subject. */
function isOfRecord(issued: Issued, record: SignInRecord | undefined): boolean {
  return record?.subject !== undefined && record.subject === issued.subject;
}

async function storeSession(
  keeping: Keeping,
  issued: Issued,
  occasion: Occasion,
  announce: (kept: KeptSession) => void,
): Promise<KeptSession> {
  const { key, request, record, host } = keeping;
  const { store = "none", otherStores = [] } = record ?? {};
  const isNothingThere = store === "none" && otherStores.length === 0;
  if (issued.session === undefined && (occasion === "refresh" || isNothingThere)) return { store, otherStores };
  const { writeSession } = await import("./sessions/choose-session-store.ts");
  const isSignIn = occasion === "sign-in";
  const isSamePerson = !isSignIn || isOfRecord(issued, record);
  const choice = { setting: request.settings.sessionStore, record, isSignIn, isSamePerson, announce };
  return await writeSession(key, issued.session, choice, host);
}

async function keepSession(keeping: Keeping, issued: Issued, now: Date, occasion: Occasion): Promise<void> {
  const { key, request, record, host } = keeping;
  const { settings, provider } = request;
  const signedInAt = occasion === "refresh" && record !== undefined ? record.signedInAt : now;
  const writeRecord = (kept: KeptSession): void =>
    writeSignInRecord(host, {
      key,
      provider: provider.name,
      label: provider.label,
      issuer: issued.issuer ?? record?.issuer,
      subject: issued.subject ?? record?.subject,
      ...kept,
      signedInAt,
      renewedAt: now,
      sessionExpiresAt: issued.session === undefined ? record?.sessionExpiresAt : issued.session.expiresAt,
      options: settings.recordedOptions ?? record?.options,
    });
  const announce = (kept: KeptSession): void => {
    try {
      writeRecord(kept);
    } catch (error) {
      // Said once, by the write that counts.
      if (!isCredentialError(error, "STORE_UNWRITABLE")) throw error;
    }
  };
  const kept = await storeSession(keeping, issued, occasion, announce);
  tryWrite(host, "sign-in record", () => writeRecord(kept));
}

/**
 * Stores what was issued, then makes it ready: the session first and durably, so that a rotated refresh token
 * is never lost to a crash after this point (S28). What does not end is not cached.
 */
export async function keepIssued(keeping: Keeping, issued: Issued, occasion: Occasion): Promise<ReadyCredential> {
  const { key, request, host } = keeping;
  const now = host.clock.now();
  const expiresAt = await findEnd(issued.credential);
  await keepSession(keeping, issued, now, occasion);
  if (expiresAt === undefined) return { credential: issued.credential, renewAt: undefined };
  const credential = { ...issued.credential, expiresAt };
  const renewAt = deriveRenewAt(now, expiresAt, request.provider.renewalMarginSeconds ?? defaultMarginSeconds);
  const { issuer, subject } = issued;
  const { name } = request.provider;
  const sourceFingerprint = issued.sourceFingerprint ?? request.provider.sourceFingerprint;
  tryWrite(host, "credential", () =>
    writeEntry(host, { key, provider: name, issuer, subject, sourceFingerprint, credential, issuedAt: now, renewAt }),
  );
  return { credential, renewAt };
}
