import { createHash } from "node:crypto";
import { formatCanonicalJson } from "@kubepass/wire";
import { parseProxyUrl, type Proxy, selectProxy } from "@kubepass/network";
import type { ClientHost } from "../client-host.ts";
import { createKubeconfigStore } from "../credentials/kubeconfig-store.ts";
import { type AuthProviderStore, OidcAuthProvider } from "../credentials/oidc-auth-provider.ts";
import type { CertificateSource } from "../credentials/select-credentials.ts";
import { describeCluster, formatPluginKey, judgePluginVersion } from "../exec/describe-cluster.ts";
import { ExecPlugin } from "../exec/exec-plugin.ts";
import type { PluginOptions } from "../exec/plugin-options.ts";
import { judgePluginPolicy } from "../exec/plugin-policy.ts";
import type { AuthProviderConfig } from "../kubeconfig.ts";
import type { ResolvedCluster, ResolvedConfig, ResolvedExec } from "../resolved-config.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { TlsIdentity } from "./tls-identity.ts";

/** What holds for every cluster that is reached through one {@link ClusterAccess}. */
export interface ClusterAccessOptions {
  readonly plugins?: PluginOptions | undefined;
  /** Keeps the tokens of auth-providers; by default the kubeconfig they came from does, as in client-go. */
  readonly findAuthProviderStore?: ((config: ResolvedConfig) => AuthProviderStore | undefined) | undefined;
}

/** A plugin and the key by which its connections are kept apart. */
export interface KeyedPlugin {
  readonly key: string;
  readonly plugin: ExecPlugin;
}

interface PoolIdentity {
  readonly certificate: CertificateSource | undefined;
  readonly plugin: KeyedPlugin | undefined;
}

function hash(value: Parameters<typeof formatCanonicalJson>[0]): string {
  return createHash("sha256").update(formatCanonicalJson(value)).digest("hex");
}

function describeProxy(proxy: Proxy | undefined): readonly (string | number)[] {
  if (proxy === undefined) return [];
  const { scheme, host, port, credentials } = proxy;
  return [scheme, host, port, credentials?.user ?? "", credentials?.password.reveal() ?? ""];
}

// Tokens and user names are no part of it: they change from request to request on one connection.
function formatPoolKey(cluster: ResolvedCluster, url: URL, proxy: Proxy | undefined, { certificate, plugin }: PoolIdentity): string {
  const key = certificate && { file: certificate.key.file, pem: certificate.key.pem?.reveal() };
  return hash({
    origin: url.origin,
    proxy: describeProxy(proxy),
    insecure: cluster.insecureSkipTlsVerify,
    serverName: cluster.tlsServerName,
    authority: { ...cluster.certificateAuthority },
    certificate: { ...certificate?.certificate },
    key,
    plugin: plugin?.key,
  });
}

/**
 * What clients of clusters share in one process: connections with the same TLS identity, and plugins with the same
 * stanza. Make one for a program, and close it at its end.
 */
export class ClusterAccess {
  readonly host: ClientHost;
  readonly #options: ClusterAccessOptions;
  readonly #plugins = new Map<string, ExecPlugin>();
  readonly #oidc = new Map<string, OidcAuthProvider>();
  readonly #pools = new Map<string, ConnectionPool>();

  constructor(host: ClientHost, options: ClusterAccessOptions = {}) {
    this.host = host;
    this.#options = options;
  }

  /** The plugin of a user entry. Throws `CONFIG_INVALID`, `FILE_UNREADABLE`. */
  getPlugin(config: ResolvedConfig, exec: ResolvedExec): KeyedPlugin {
    const options = this.#options.plugins ?? {};
    const cluster = describeCluster(config, exec);
    const key = formatPluginKey(exec, cluster, options.policy);
    const known = this.#plugins.get(key);
    if (known !== undefined) return { key, plugin: known };
    const apiVersion = judgePluginVersion(exec);
    if (options.policy !== undefined) judgePluginPolicy(options.policy, this.host.environment.platform);
    const plugin = new ExecPlugin({ exec, apiVersion, cluster, options }, key, this.host);
    this.#plugins.set(key, plugin);
    return { key, plugin };
  }

  /** The auth-provider of a user entry. Throws `CONFIG_INVALID`. */
  getOidc(config: ResolvedConfig, provider: AuthProviderConfig): OidcAuthProvider {
    const { cluster, user, origins } = config;
    // The tokens are part of it: two people of one issuer are not the same, whatever their user entries are called.
    const values = Object.fromEntries([...provider.config].map(([name, value]) => [name, value.reveal()]));
    const key = hash([cluster.server, user.name, origins.user ?? "", values]);
    const known = this.#oidc.get(key);
    if (known !== undefined) return known;
    const find = this.#options.findAuthProviderStore ?? ((each: ResolvedConfig) => createKubeconfigStore(each, this.host));
    const opened = new OidcAuthProvider(provider.config, find(config), this.host, origins.user);
    this.#oidc.set(key, opened);
    return opened;
  }

  /** The connections to a server with one TLS identity. Throws `CONFIG_INVALID`, `FILE_UNREADABLE`, `PROXY_FAILED`. */
  getPool(config: ResolvedConfig, url: URL, identity: PoolIdentity): ConnectionPool {
    const { cluster } = config;
    const { variables } = this.host.environment;
    const proxy = cluster.proxyUrl ? parseProxyUrl(cluster.proxyUrl, "proxy-url") : selectProxy(url, variables);
    const key = formatPoolKey(cluster, url, proxy, identity);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const plugin = identity.plugin?.plugin;
    const source = { cluster, certificate: identity.certificate, findCertificate: () => plugin?.find()?.clientCertificate };
    const isHttp2Offered = this.host.canSpeakHttp2 && !variables["DISABLE_HTTP2"];
    const prepare = async (signal?: AbortSignal): Promise<void> => void (await plugin?.get(signal));
    const { schedule } = this.host.clock;
    const pool = new ConnectionPool({ url, proxy, tls: new TlsIdentity(source, this.host), isHttp2Offered, schedule, prepare });
    plugin?.onCertificateChange((isFresh) => (isFresh ? pool.closeAll() : pool.retire()));
    this.#pools.set(key, pool);
    return pool;
  }

  /** Ends every connection, with what is under way on it. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }
}
