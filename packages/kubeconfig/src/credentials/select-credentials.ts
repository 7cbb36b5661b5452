import { CredentialError, type Secret } from "@kubepass/wire";
import type { AuthProviderConfig } from "../kubeconfig.ts";
import type { KeySource, PemSource, ResolvedConfig, ResolvedExec, ResolvedUser } from "../resolved-config.ts";

/** Where the `Authorization` of requests comes from. A plugin may give a client certificate as well, or instead. */
export type AuthorizationKind =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: Secret }
  /** `token` is used only while the file cannot be read. */
  | { readonly kind: "token-file"; readonly file: string; readonly token?: Secret | undefined }
  | { readonly kind: "basic"; readonly username: string; readonly password?: Secret | undefined }
  | { readonly kind: "exec"; readonly exec: ResolvedExec }
  | { readonly kind: "auth-provider"; readonly provider: AuthProviderConfig };

/** A client certificate of the kubeconfig, with its key. */
export interface CertificateSource {
  readonly certificate: PemSource;
  readonly key: KeySource;
}

/** Which of the credentials of a user entry are used. */
export interface SelectedCredentials {
  readonly authorization: AuthorizationKind;
  /** Shown beside any authorization but that of a plugin, which it replaces. */
  readonly clientCertificate?: CertificateSource | undefined;
}

function refuse(what: string, hint: string): CredentialError {
  return new CredentialError("CONFIG_INVALID", what, { hint });
}

function findCertificate(user: ResolvedUser): CertificateSource | undefined {
  const { clientCertificate: certificate, clientKey: key } = user;
  if (certificate === undefined) return undefined;
  if (key === undefined) {
    throw refuse(`the user ${JSON.stringify(user.name)} has a client certificate without its key`, "set client-key or client-key-data");
  }
  return { certificate, key };
}

function selectStatic(user: ResolvedUser): AuthorizationKind | undefined {
  const hasToken = user.token !== undefined || user.tokenFile !== undefined;
  if (hasToken && user.username !== "") {
    throw refuse(`the user ${JSON.stringify(user.name)} has a token as well as a user name and password`, "keep one of them");
  }
  if (user.tokenFile !== undefined) return { kind: "token-file", file: user.tokenFile, token: user.token };
  if (user.token !== undefined) return { kind: "token", token: user.token };
  return user.username === "" ? undefined : { kind: "basic", username: user.username, password: user.password };
}

/**
 * Chooses as client-go does: a token, a user name or a complete client certificate means that no plugin is run, and a token or
 * user name that no auth-provider is asked. Throws `CONFIG_INVALID` for a combination that contradicts itself.
 */
export function selectCredentials({ user }: ResolvedConfig): SelectedCredentials {
  const name = JSON.stringify(user.name);
  if (user.exec !== undefined && user.authProvider !== undefined) {
    throw refuse(`the user ${name} has an exec plugin as well as an auth-provider`, "keep one of them");
  }
  const { impersonation } = user;
  if (impersonation !== undefined && impersonation.user === "") {
    throw refuse(`the user ${name} impersonates a uid, groups or extras without a user`, "set as, or --as");
  }
  const clientCertificate = findCertificate(user);
  const chosen = selectStatic(user);
  if (chosen !== undefined) return { authorization: chosen, clientCertificate };
  if (user.authProvider !== undefined) return { authorization: { kind: "auth-provider", provider: user.authProvider }, clientCertificate };
  if (user.exec !== undefined && clientCertificate === undefined) return { authorization: { kind: "exec", exec: user.exec } };
  return { authorization: { kind: "none" }, clientCertificate };
}

/** True when nothing of a user entry says who is asking. */
export function isAnonymous(selected: SelectedCredentials): boolean {
  return selected.authorization.kind === "none" && selected.clientCertificate === undefined;
}
