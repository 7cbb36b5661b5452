import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { CredentialError, Secret } from "@kubepass/wire";
import type { KubeconfigEnvironment, Warn } from "./environment.ts";
import type { Overrides } from "./overrides.ts";
import { findNamedFile } from "./read-file.ts";
import type { ResolvedConfig } from "./resolved-config.ts";

/** Where a pod finds its service account. */
export const podAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether this looks like a pod: both variables and the token file are there. */
export function isInCluster(environment: KubeconfigEnvironment, folder: string = podAccountFolder): boolean {
  return findInClusterServer(environment.variables) !== undefined && isFile(join(folder, "token"));
}

function findText(path: string): string | undefined {
  const bytes = findNamedFile(path, "a file of a service account");
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}

function isAuthority(path: string): boolean {
  try {
    return new X509Certificate(findText(path) ?? "").raw.length > 0;
  } catch {
    return false;
  }
}

/** The namespace of a pod: `POD_NAMESPACE`, else its service account's, else `default`. */
export function readPodNamespace(environment: KubeconfigEnvironment, folder: string = podAccountFolder): string {
  const given = environment.variables["POD_NAMESPACE"];
  if (given) return given;
  try {
    return findText(join(folder, "namespace"))?.trim() || "default";
  } catch {
    return "default";
  }
}

function refuse(message: string): CredentialError {
  return new CredentialError("NOT_IN_CLUSTER", message, { hint: "outside of a pod a kubeconfig is needed: set KUBECONFIG" });
}

function readToken(path: string): string {
  const token = findText(path);
  if (token === undefined) throw refuse(`open ${path}: no such file or directory`);
  return token;
}

/** The API server of the pod that has these variables; `undefined` outside of pods. */
export function findInClusterServer({
  KUBERNETES_SERVICE_HOST: host,
  KUBERNETES_SERVICE_PORT: port,
}: KubeconfigEnvironment["variables"]): string | undefined {
  return host && port ? `https://${/[:%]/.test(host) ? `[${host}]` : host}:${port}` : undefined;
}

function getServer({ variables }: KubeconfigEnvironment): string {
  const server = findInClusterServer(variables);
  if (server !== undefined) return server;
  throw refuse("unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined");
}

/** What an in-cluster configuration is read from. */
export interface InClusterOptions {
  readonly folder?: string | undefined;
  /** Only server, token, tokenFile and certificateAuthority count, as in client-go. */
  readonly overrides?: Overrides | undefined;
  readonly warn?: Warn | undefined;
}

function findAuthority(path: string, given: string | undefined, warn: Warn | undefined): { readonly file: string } | undefined {
  if (given) return { file: given };
  if (isAuthority(path)) return { file: path };
  warn?.(`${path} holds no certificate authority; the system's are used`);
  return undefined;
}

/**
 * The configuration of a pod: the API server of its variables, its service account's token and authority, both read again when
 * they change. Throws `NOT_IN_CLUSTER` when the variables or the token are missing.
 */
export function resolveInClusterConfig(environment: KubeconfigEnvironment, options: InClusterOptions = {}): ResolvedConfig {
  const { folder = podAccountFolder, overrides = {} } = options;
  const server = getServer(environment);
  const tokenFile = join(folder, "token");
  const own = { token: new Secret(readToken(tokenFile)), tokenFile };
  const isTokenGiven = overrides.token !== undefined || Boolean(overrides.tokenFile);
  return {
    source: "in-cluster",
    context: "",
    cluster: {
      name: "",
      server: overrides.server || server,
      tlsServerName: "",
      insecureSkipTlsVerify: false,
      certificateAuthority: findAuthority(join(folder, "ca.crt"), overrides.certificateAuthority, options.warn),
      disableCompression: false,
    },
    user: {
      name: "",
      username: "",
      ...(isTokenGiven ? { token: overrides.token, tokenFile: overrides.tokenFile || undefined } : own),
    },
    namespace: overrides.namespace || readPodNamespace(environment, folder),
    isNamespaceOverridden: Boolean(overrides.namespace),
    origins: {},
  };
}
