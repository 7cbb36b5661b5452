import { CredentialError, findSystemCode, formatPrintable } from "@kubepass/wire";

/** The code of a failure of node:net, node:tls or node:dns; empty when it has none. */
export function codeOf(error: unknown): string {
  return findSystemCode(error) ?? "";
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name is not known to DNS",
  EAI_AGAIN: "DNS does not answer",
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was closed",
  EPIPE: "the connection was closed",
  ETIMEDOUT: "it does not answer",
  EHOSTUNREACH: "there is no way to it from here",
  ENETUNREACH: "there is no network",
};

const trustReasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "is from an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT: "is from an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "is from an authority that is not trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "is from an authority that is not trusted here",
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "is for another name",
};

// What the other side complained of; the certificate in its name is ours.
const alertCode = /_ALERT_/;
const trustCode = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|CRL|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH/;

function hintForTrust(code: string): string {
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") return "check this machine's clock, or have the certificate renewed";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "use the name that the certificate is for";
  return "if you trust its authority, give it with --certificate-authority FILE";
}

function reasonOf(error: unknown): string {
  const nested: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const code = codeOf(error) || codeOf(nested);
  const told = nested ?? error;
  if (alertCode.test(code)) return "it broke off TLS, perhaps because it wants a client certificate, or another one";
  return reasons[code] ?? formatPrintable(told instanceof Error ? told.message : String(told), 200);
}

/** A failure to reach `target` (`host:port`) as the error that people see. Errors of ours stay what they are. */
export function createNetworkError(error: unknown, target: string): Error {
  if (error instanceof CredentialError) return error;
  return new CredentialError("ISSUER_UNREACHABLE", `cannot reach ${target}: ${reasonOf(error)}`, {
    cause: error,
    retryable: true,
    hint: "check the address and the network; behind a proxy, set HTTPS_PROXY",
  });
}

/** A failure of a TLS handshake: `TLS_UNTRUSTED` when the certificate is the reason, else as {@link createNetworkError}. */
export function createTlsError(error: unknown, target: string): Error {
  const code = codeOf(error);
  if (error instanceof CredentialError || !trustCode.test(code) || alertCode.test(code)) return createNetworkError(error, target);
  const reason = trustReasons[code] ?? `is not trusted (${formatPrintable(code, 60)})`;
  return new CredentialError("TLS_UNTRUSTED", `the certificate of ${target} ${reason}`, {
    cause: error,
    hint: hintForTrust(code),
    retryable: true,
  });
}

/** True when a connection broke before the answer came, so that an idempotent request may be sent again. */
export function isConnectionBroken(error: unknown): boolean {
  return (
    error instanceof CredentialError && error.code === "ISSUER_UNREACHABLE" && /^(ECONNRESET|EPIPE|EAI_AGAIN)$/.test(codeOf(error.cause))
  );
}
