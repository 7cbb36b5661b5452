import { CredentialError, type ClientCertificate, type Secret } from "@kubepass/wire";
import type { Issued } from "./provider.ts";
import type { SignInRecord } from "./sessions/sign-in-record.ts";

// Header values end at a line break, and client-go sends the token as it is.
const tokenPattern = /^[\u0021-\u007e]+$/;
const maxTokenLength = 1024 * 1024;

function invalid(what: string): CredentialError {
  return new CredentialError("CREDENTIAL_INVALID", `the provider returned ${what}`);
}

function judgeToken(token: Secret): void {
  const text = token.reveal();
  if (text.length > maxTokenLength || !tokenPattern.test(text)) throw invalid("a token that does not fit into an HTTP header");
}

function judgeClientCertificate({ certificatePem, privateKeyPem }: ClientCertificate): void {
  if (!certificatePem.includes("-----BEGIN CERTIFICATE-----")) throw invalid("a client certificate that is not PEM");
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(privateKeyPem.reveal())) throw invalid("a private key that is not PEM");
}

/** Refuses what Kubernetes could not use. Throws `CREDENTIAL_INVALID`. Pure. */
export function judgeIssued(issued: Issued, now: Date): void {
  const { token, clientCertificate, expiresAt } = issued.credential;
  if (token === undefined && clientCertificate === undefined) throw invalid("neither a token nor a client certificate");
  if (token !== undefined) judgeToken(token);
  if (clientCertificate !== undefined) judgeClientCertificate(clientCertificate);
  if (expiresAt !== undefined && Number.isNaN(expiresAt.getTime())) throw invalid("an end that is not an instant");
  if (expiresAt !== undefined && expiresAt <= now) {
    throw new CredentialError("CREDENTIAL_INVALID", `the provider returned a credential that ended at ${expiresAt.toISOString()}`, {
      hint: "compare this machine's clock with the issuer's",
    });
  }
}

/**
 * Refuses a credential of another subject than the one this identity is bound to (F6). Throws `IDENTITY_CHANGED`. Pure.
 */
export function judgeSubject(record: SignInRecord | undefined, issued: Issued): void {
  if (record === undefined) return;
  const isOther = (known: string | undefined, got: string | undefined): boolean =>
    known !== undefined && got !== undefined && known !== got;
  if (!isOther(record.subject, issued.subject) && !isOther(record.issuer, issued.issuer)) return;
  throw new CredentialError(
    "IDENTITY_CHANGED",
    `this identity belongs to subject ${record.subject ?? "?"}, but ${issued.subject ?? "?"} signed in`,
    {
      hint: "sign in with the login command to change to the new subject, or give each account a name of its own to keep both",
    },
  );
}
