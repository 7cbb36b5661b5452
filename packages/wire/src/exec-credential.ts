import { CredentialError } from "./errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { Secret } from "./secret.ts";
import { findTimestamp, formatTimestamp } from "./timestamp.ts";

/** The versions of the client-go exec credential protocol that are spoken. */
export const execCredentialVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"] as const;

/** One of {@link execCredentialVersions}. */
export type ExecCredentialVersion = (typeof execCredentialVersions)[number];

/** What proves an identity to the API server: a bearer token, a client certificate with its key, or both. */
export interface Credential {
  readonly token?: Secret | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
  /** When the credential ends in fact; absent when it does not end while the client runs. */
  readonly expiresAt?: Date | undefined;
}

/** A client certificate chain and its private key, both PEM. */
export interface ClientCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: Secret;
}

/** The cluster a credential is for, as the kubeconfig tells it. Untrusted: the file may come from anybody. */
export interface ClusterInfo {
  readonly server: string;
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly certificateAuthorityPem?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly disableCompression?: boolean | undefined;
  /** The cluster extension `client.authentication.k8s.io/exec`, any JSON. */
  readonly config?: JsonValue | undefined;
}

/** What client-go tells a plugin in `KUBERNETES_EXEC_INFO`. */
export interface ExecInfo {
  readonly apiVersion: ExecCredentialVersion;
  /** Whether standard input may be read. Says nothing of whether a person is there. */
  readonly interactive?: boolean | undefined;
  /** Present when the kubeconfig sets `provideClusterInfo: true`. */
  readonly cluster?: ClusterInfo | undefined;
}

function refuse(what: string, hint?: string): CredentialError {
  return new CredentialError("EXEC_INFO_INVALID", `KUBERNETES_EXEC_INFO ${what}`, { hint });
}

function findText(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw refuse(`has a ${key} that is not a string`);
  return value;
}

function findBoolean(object: JsonObject, key: string): boolean | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw refuse(`has a field ${key} that is not true or false`);
  return value;
}

function parseClusterInfo(value: JsonValue | undefined): ClusterInfo | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw refuse("has a spec.cluster that is not an object");
  const authority = findText(value, "certificate-authority-data");
  return {
    server: findText(value, "server") ?? "",
    tlsServerName: findText(value, "tls-server-name"),
    insecureSkipTlsVerify: findBoolean(value, "insecure-skip-tls-verify") ?? false,
    certificateAuthorityPem: authority === undefined ? undefined : Buffer.from(authority, "base64").toString("utf8"),
    proxyUrl: findText(value, "proxy-url"),
    disableCompression: findBoolean(value, "disable-compression"),
    config: value["config"],
  };
}

function parseJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("is not valid JSON", "it is set by kubectl; unset it to run the plugin by hand");
  }
  if (!isJsonObject(value)) throw refuse("is not a JSON object", "unset it to run the plugin by hand");
  return value;
}

/**
 * Reads `KUBERNETES_EXEC_INFO`. Absent or empty means v1 without cluster (a person runs the plugin by hand).
 * Throws `EXEC_INFO_INVALID` for broken JSON, another kind, or a version that is not spoken.
 * Follows the client authentication API, v1 and v1beta1; unknown fields are ignored.
 */
export function parseExecInfo(text: string | undefined): ExecInfo {
  if (text === undefined || text === "") return { apiVersion: execCredentialVersions[0] };
  const object = parseJsonObject(text);
  const apiVersion = execCredentialVersions.find((version) => version === object["apiVersion"]);
  if (apiVersion === undefined) {
    throw refuse(
      `asks for apiVersion ${JSON.stringify(object["apiVersion"] ?? null)}, which is not supported`,
      "set users[].user.exec.apiVersion to client.authentication.k8s.io/v1 in the kubeconfig",
    );
  }
  if (object["kind"] !== "ExecCredential") throw refuse(`is of kind ${JSON.stringify(object["kind"] ?? null)} instead of ExecCredential`);
  const spec = object["spec"] ?? {};
  if (!isJsonObject(spec)) throw refuse("has a spec that is not an object");
  return { apiVersion, interactive: findBoolean(spec, "interactive"), cluster: parseClusterInfo(spec["cluster"]) };
}

/**
 * The one line that a client hands to a plugin in `KUBERNETES_EXEC_INFO`: the other half of {@link parseExecInfo}, with
 * the field names and the order of client-go.
 */
export function formatExecInfo(info: ExecInfo): string {
  const { cluster } = info;
  const authority = cluster?.certificateAuthorityPem;
  const described = cluster && {
    server: cluster.server,
    "tls-server-name": cluster.tlsServerName || undefined,
    "insecure-skip-tls-verify": cluster.insecureSkipTlsVerify || undefined,
    "certificate-authority-data": authority ? Buffer.from(authority).toString("base64") : undefined,
    "proxy-url": cluster.proxyUrl || undefined,
    "disable-compression": cluster.disableCompression || undefined,
    config: cluster.config ?? null,
  };
  return JSON.stringify({
    kind: "ExecCredential",
    apiVersion: info.apiVersion,
    spec: { cluster: described, interactive: info.interactive ?? false },
  });
}

/**
 * The one line that client-go reads from a plugin's standard output, without the newline.
 * `expiresAt` is what client-go is told, which is earlier than the credential's real end by a margin.
 * Throws `CREDENTIAL_INVALID` when there is neither a token nor a certificate.
 */
export function formatExecCredential(credential: Credential, apiVersion: ExecCredentialVersion, expiresAt: Date | undefined): string {
  const { token, clientCertificate } = credential;
  if (token === undefined && clientCertificate === undefined) {
    throw new CredentialError("CREDENTIAL_INVALID", "the credential has neither a token nor a client certificate");
  }
  return JSON.stringify({
    apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false },
    status: {
      expirationTimestamp: expiresAt === undefined ? undefined : formatTimestamp(expiresAt),
      token: token?.reveal(),
      clientCertificateData: clientCertificate?.certificatePem,
      clientKeyData: clientCertificate?.privateKeyPem.reveal(),
    },
  });
}

function invalidAnswer(what: string): CredentialError {
  return new CredentialError("CREDENTIAL_INVALID", `the plugin's answer ${what}`);
}

function findStatusText(status: JsonObject, key: string): string | undefined {
  const value = status[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw invalidAnswer(`has a status.${key} that is not a string`);
  return value;
}

function parseExpiry(value: JsonValue | undefined): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const instant = typeof value === "string" ? findTimestamp(value) : undefined;
  if (instant === undefined) throw invalidAnswer("has an expirationTimestamp that is not RFC 3339");
  return instant;
}

function findStatus(value: unknown, asked: ExecCredentialVersion): JsonObject {
  // As client-go: a missing kind is taken for the one that is expected, a missing version is not.
  if (!isJsonObject(value) || (value["kind"] ?? "ExecCredential") !== "ExecCredential") throw invalidAnswer("is not an ExecCredential");
  if (value["apiVersion"] !== asked)
    throw invalidAnswer(`has apiVersion ${JSON.stringify(value["apiVersion"] ?? null)} instead of ${asked}`);
  const status = value["status"];
  if (!isJsonObject(status)) throw invalidAnswer("has no status");
  return status;
}

function parseClientCertificate(status: JsonObject): ClientCertificate | undefined {
  const certificatePem = findStatusText(status, "clientCertificateData");
  const privateKey = findStatusText(status, "clientKeyData");
  if ((certificatePem === undefined) !== (privateKey === undefined))
    throw invalidAnswer("has a client certificate or key without the other");
  return certificatePem === undefined || privateKey === undefined ? undefined : { certificatePem, privateKeyPem: new Secret(privateKey) };
}

/**
 * Judges the document that a plugin printed, however it was written (client-go reads YAML as well as JSON).
 * Throws `CREDENTIAL_INVALID` when it is not an ExecCredential of the version that was asked for,
 * carries no credential, or a certificate without its key (or the reverse).
 */
export function judgeExecCredential(value: unknown, asked: ExecCredentialVersion): Credential {
  const status = findStatus(value, asked);
  const token = findStatusText(status, "token");
  const clientCertificate = parseClientCertificate(status);
  if (token === undefined && clientCertificate === undefined) throw invalidAnswer("has neither a token nor a client certificate");
  return {
    token: token === undefined ? undefined : new Secret(token),
    clientCertificate,
    expiresAt: parseExpiry(status["expirationTimestamp"]),
  };
}

/**
 * Reads the one JSON document that a plugin printed: the other half of {@link formatExecCredential}.
 * Throws `CREDENTIAL_INVALID` as {@link judgeExecCredential}.
 */
export function parseExecCredential(text: string, asked: ExecCredentialVersion): Credential {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidAnswer("is not one JSON document");
  }
  return judgeExecCredential(value, asked);
}
