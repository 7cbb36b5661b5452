import { basename } from "node:path";
import { decodeJwt, formatPrintable, isCredentialError, type Secret } from "@kubepass/wire";
import { findCertificates } from "./key-pair.ts";
import { readPem } from "./read-pem.ts";
import type { AuthorizationKind, CertificateSource, SelectedCredentials } from "./select-credentials.ts";

function describeAuthorization(authorization: AuthorizationKind): string | undefined {
  switch (authorization.kind) {
    case "none":
      return undefined;
    case "token":
      return "a token";
    case "token-file":
      return `the token in ${authorization.file}`;
    case "basic":
      return `the user name ${authorization.username} and its password`;
    case "exec":
      return `the plugin ${basename(authorization.exec.command)}`;
    case "auth-provider":
      return `the auth-provider ${authorization.provider.name}`;
  }
}

function describeCertificate(source: CertificateSource | undefined): string | undefined {
  if (source === undefined) return undefined;
  const { file, pem } = source.certificate;
  return pem === undefined && file !== undefined ? `the client certificate ${file}` : "a client certificate";
}

/** Through what somebody is known, for people: no secret, and no argument of a plugin, because it may be one. */
export function describeCredentials({ authorization, clientCertificate }: SelectedCredentials): string {
  const parts = [describeAuthorization(authorization), describeCertificate(clientCertificate)].filter((part) => part !== undefined);
  return parts.length === 0 ? "nothing: the request is anonymous" : formatPrintable(parts.join(" and "));
}

/** When a JWT says that it ends, without trust; `undefined` for a token of another form. */
export function findTokenExpiry(token: Secret): Date | undefined {
  try {
    const { exp } = decodeJwt(token.reveal()).unverifiedClaims;
    return typeof exp === "number" && Number.isFinite(exp) && Math.abs(exp) < 8.64e12 ? new Date(exp * 1000) : undefined;
  } catch (error) {
    if (isCredentialError(error)) return undefined;
    throw error;
  }
}

/** When the first certificate of a PEM text ends; `undefined` when there is none that can be read. */
export function findCertificateExpiry(pem: string | undefined): Date | undefined {
  const [leaf] = pem === undefined ? [] : (findCertificates(pem) ?? []);
  return leaf === undefined ? undefined : new Date(leaf.validTo);
}

/** When the client certificate of a user entry ends. Throws `FILE_UNREADABLE`. */
export function findSourceExpiry(source: CertificateSource | undefined): Date | undefined {
  return findCertificateExpiry(source && readPem(source.certificate, "the client certificate"));
}
