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

// They change from one terminal to the next and say nothing of who is asking.
const volatileVariables: ReadonlySet<string> = new Set([
  "_",
  "COLORTERM",
  "COLUMNS",
  "INVOCATION_ID",
  "JOURNAL_STREAM",
  "KUBERNETES_EXEC_INFO",
  "LINES",
  "OLDPWD",
  "PWD",
  "SHLVL",
  "TERM",
  "TERM_PROGRAM",
  "TERM_PROGRAM_VERSION",
  "TERM_SESSION_ID",
  "TMUX",
  "TMUX_PANE",
  "WINDOWID",
]);

/**
 * The key of a plugin's credential between processes: they may have other variables, such as AWS_PROFILE, and so be somebody else.
 */
export function formatCacheKey(pluginKey: string, variables: Readonly<Record<string, string | undefined>>): string {
  const inherited = Object.fromEntries(Object.entries(variables).filter(([name]) => !volatileVariables.has(name)));
  return createHash("sha256")
    .update(formatCanonicalJson({ plugin: pluginKey, inherited }))
    .digest("hex");
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
