import { CredentialError, Secret } from "@kubepass/wire";
import { cleanServer, isSecureServer } from "./server-address.ts";
import { type Cluster, execExtensionName, type Kubeconfig, type User } from "./kubeconfig.ts";
import type { Overrides } from "./overrides.ts";
import { parseTimeout } from "./parse-timeout.ts";
import { findNamedFile } from "./read-file.ts";
import type {
  Impersonation,
  KeySource,
  PemSource,
  ResolvedCluster,
  ResolvedConfig,
  ResolvedExec,
  ResolvedUser,
} from "./resolved-config.ts";
import { select, type Selection } from "./select.ts";
import { emptyClusterProblem, judgeCluster, refuseEmpty, refuseUnusable } from "./validate.ts";
import { judgeUser } from "./validate-user.ts";

function decodePem(data: string): string | undefined {
  return data === "" ? undefined : Buffer.from(data, "base64").toString("utf8");
}

function findPemSource(file: string, data: string): PemSource | undefined {
  return file === "" && data === "" ? undefined : { file: file === "" ? undefined : file, pem: decodePem(data) };
}

function findKeySource(file: string, data: Secret | undefined): KeySource | undefined {
  if (file === "" && data === undefined) return undefined;
  const pem = data === undefined ? undefined : decodePem(data.reveal());
  return { file: file === "" ? undefined : file, pem: pem === undefined ? undefined : new Secret(pem) };
}

function findImpersonation(user: User): Impersonation | undefined {
  if (user.impersonate === "") return undefined;
  const { impersonate, impersonateUid, impersonateGroups, impersonateExtra } = user;
  return { user: impersonate, uid: impersonateUid, groups: impersonateGroups, extra: impersonateExtra };
}

/** Text of a kubeconfig that is shown on a terminal: what could steer one is written as `U+001B`. */
function cleanHint(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\t-\r]/gu, (character) => {
    const digits = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return `U+${digits}`;
  });
}

function findExec(user: User, cluster: Cluster): ResolvedExec | undefined {
  if (user.exec === undefined) return undefined;
  return { ...user.exec, installHint: cleanHint(user.exec.installHint), clusterConfig: cluster.extensions.get(execExtensionName) };
}

function readTokenFile(path: string): Secret {
  const bytes = findNamedFile(path, "a token");
  if (bytes !== undefined) return new Secret(Buffer.from(bytes).toString("utf8"));
  throw new CredentialError("FILE_UNREADABLE", `open ${path}: no such file or directory`, { hint: "the kubeconfig's tokenFile names it" });
}

function resolveUser(name: string, user: User, cluster: Cluster, isSecure: boolean): ResolvedUser {
  const impersonation = findImpersonation(user);
  if (!isSecure) return { name, username: "", impersonation };
  const tokenFile = user.tokenFile === "" ? undefined : user.tokenFile;
  const clientCertificate = findPemSource(user.clientCertificate, user.clientCertificateData);
  return {
    name,
    token: user.token ?? (tokenFile === undefined ? undefined : readTokenFile(tokenFile)),
    tokenFile,
    username: user.username,
    password: user.password,
    clientCertificate,
    clientKey: clientCertificate === undefined ? undefined : findKeySource(user.clientKey, user.clientKeyData),
    authProvider: user.authProvider,
    exec: findExec(user, cluster),
    impersonation,
  };
}

function resolveCluster(name: string, cluster: Cluster, isSecure: boolean): ResolvedCluster {
  return {
    name,
    server: cleanServer(cluster.server),
    tlsServerName: isSecure ? cluster.tlsServerName : "",
    insecureSkipTlsVerify: isSecure && cluster.insecureSkipTlsVerify,
    certificateAuthority: isSecure ? findPemSource(cluster.certificateAuthority, cluster.certificateAuthorityData) : undefined,
    proxyUrl: cluster.proxyUrl === "" ? undefined : cluster.proxyUrl,
    disableCompression: cluster.disableCompression,
  };
}

function judgeSelection(kubeconfig: Kubeconfig, selection: Selection): readonly string[] {
  const { contextName, clusterName, userName } = selection;
  const isMissing = contextName !== "" && !kubeconfig.contexts.has(contextName);
  return [
    ...(isMissing ? [`context was not found for specified context: ${contextName}`] : []),
    ...judgeUser(userName, selection.user),
    ...judgeCluster(clusterName, selection.cluster),
  ];
}

function requireUsable(kubeconfig: Kubeconfig, selection: Selection): void {
  const problems = judgeSelection(kubeconfig, selection);
  if (problems.length === 1 && problems[0] === emptyClusterProblem) throw refuseEmpty();
  if (problems.length > 0) throw refuseUnusable(problems);
}

/** How a kubeconfig is resolved. */
export interface ResolveOptions {
  readonly overrides?: Overrides | undefined;
  /** The server where no cluster says one. kubectl has `http://localhost:8080`; default: none. */
  readonly defaultServer?: string | undefined;
}

/**
 * One context of a kubeconfig followed to its cluster and user, overrides applied: what client-go's `ClientConfig()` returns.
 * A server that is not https gets no credentials. Reads `tokenFile`; runs nothing. Throws `KUBECONFIG_UNUSABLE` with all
 * problems together, `KUBECONFIG_EMPTY` when no server is named, `FILE_UNREADABLE` and `CONFIG_INVALID` (the time-out).
 */
export function resolveConfig(kubeconfig: Kubeconfig, options: ResolveOptions = {}): ResolvedConfig {
  const { overrides = {}, defaultServer } = options;
  const selection = select(kubeconfig, overrides, defaultServer);
  requireUsable(kubeconfig, selection);
  const { context, cluster, user } = selection;
  const timeoutMs = overrides.requestTimeout ? parseTimeout(overrides.requestTimeout) : 0;
  const isSecure = isSecureServer(cleanServer(cluster.server));
  return {
    source: "kubeconfig",
    context: selection.contextName,
    cluster: resolveCluster(selection.clusterName, cluster, isSecure),
    user: resolveUser(selection.userName, user, cluster, isSecure),
    namespace: context.namespace === "" ? "default" : context.namespace,
    isNamespaceOverridden: overrides.namespace !== undefined && overrides.namespace !== "",
    timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
    origins: { context: context.origin, cluster: cluster.origin, user: user.origin },
  };
}
