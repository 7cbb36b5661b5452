import { createHash } from "node:crypto";
import { CredentialError, type ClusterInfo, execCredentialVersions, type ExecCredentialVersion, formatCanonicalJson } from "@kubepass/wire";
import { readPem } from "../credentials/read-pem.ts";
import type { ResolvedConfig, ResolvedExec } from "../resolved-config.ts";
import type { PluginPolicy } from "./plugin-policy.ts";

/** What a plugin with `provideClusterInfo` is told. Throws `FILE_UNREADABLE` for the authority's file. */
export function describeCluster({ cluster }: ResolvedConfig, exec: ResolvedExec): ClusterInfo | undefined {
  if (!exec.provideClusterInfo) return undefined;
  return {
    server: cluster.server,
    tlsServerName: cluster.tlsServerName,
    insecureSkipTlsVerify: cluster.insecureSkipTlsVerify,
    certificateAuthorityPem: readPem(cluster.certificateAuthority, "the certificate authority"),
    proxyUrl: cluster.proxyUrl,
    disableCompression: cluster.disableCompression,
    config: exec.clusterConfig,
  };
}

/** The version that is spoken with a plugin. Throws `CONFIG_INVALID` for one that is not known. */
export function judgePluginVersion(exec: ResolvedExec): ExecCredentialVersion {
  const version = execCredentialVersions.find((known) => known === exec.apiVersion);
  if (version !== undefined) return version;
  throw new CredentialError("CONFIG_INVALID", `the credential plugin speaks the unknown apiVersion ${JSON.stringify(exec.apiVersion)}`, {
    hint: `set users[].user.exec.apiVersion to ${execCredentialVersions.join(" or ")}`,
  });
}

/**
 * One text for each plugin that may answer differently: the whole stanza, the cluster it is told of, and the policy; the
 * user's name is no part of it. Two users with the same stanza share one run, as in client-go.
 */
export function formatPluginKey(exec: ResolvedExec, cluster: ClusterInfo | undefined, policy: PluginPolicy | undefined): string {
  const { env, args, ...stanza } = exec;
  const text = formatCanonicalJson({
    ...stanza,
    args: [...args],
    env: env.map(({ name, value }) => [name, value.reveal()]),
    cluster: cluster && { ...cluster },
    policy: policy && { type: policy.type, allowlist: policy.allowlist && [...policy.allowlist] },
  });
  return createHash("sha256").update(text).digest("hex");
}
