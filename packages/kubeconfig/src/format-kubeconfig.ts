import type { JsonObject, JsonValue, Secret } from "@kubepass/wire";
import { hideSecretArguments } from "./hide-command-secrets.ts";
import { hideUserInfo, redacted } from "./hide-user-info.ts";
import { sortByName } from "./sort-by-name.ts";
import type { AuthProviderConfig, Cluster, Context, ExecConfig, Extensions, Kubeconfig, User } from "./kubeconfig.ts";

/** How values that may be secret are written. */
export type SecretForm = "reveal" | "redact";

type Entry = readonly [key: string, value: JsonValue | undefined];

/** An object without members that say nothing, as Go leaves them out. */
function compact(entries: readonly Entry[]): JsonObject {
  const object: Record<string, JsonValue> = {};
  for (const [key, value] of entries) if (value !== undefined && value !== "" && value !== false) object[key] = value;
  return object;
}

function formatExtensions(extensions: Extensions): JsonValue | undefined {
  if (extensions.size === 0) return undefined;
  return sortByName(extensions).map(([name, extension]) => ({ name, extension }));
}

function formatAddress(address: string, form: SecretForm): string {
  return form === "redact" ? hideUserInfo(address) : address;
}

function formatCluster(cluster: Cluster, form: SecretForm): JsonObject {
  const { certificateAuthorityData: data } = cluster;
  return {
    server: formatAddress(cluster.server, form),
    ...compact([
      ["tls-server-name", cluster.tlsServerName],
      ["insecure-skip-tls-verify", cluster.insecureSkipTlsVerify],
      ["certificate-authority", cluster.certificateAuthority],
      ["certificate-authority-data", form === "redact" && data !== "" ? "DATA+OMITTED" : data],
      ["proxy-url", formatAddress(cluster.proxyUrl, form)],
      ["disable-compression", cluster.disableCompression],
      ["extensions", formatExtensions(cluster.extensions)],
    ]),
  };
}

function formatSecret(secret: Secret | undefined, form: SecretForm, replacement = redacted): string {
  if (secret === undefined) return "";
  return form === "redact" ? replacement : secret.reveal();
}

const shownSettings = new Set([
  "client-id",
  "idp-issuer-url",
  "idp-certificate-authority",
  "idp-certificate-authority-data",
  "extra-scopes",
]);

function formatAuthProvider(provider: AuthProviderConfig | undefined, form: SecretForm): JsonValue | undefined {
  if (provider === undefined) return undefined;
  const settings = sortByName(provider.config).map(([key, value]): Entry => [
    key,
    shownSettings.has(key) ? formatAddress(value.reveal(), form) : formatSecret(value, form),
  ]);
  return { name: provider.name, config: settings.length === 0 ? null : Object.fromEntries(settings) };
}

function formatExec(exec: ExecConfig | undefined, form: SecretForm): JsonValue | undefined {
  if (exec === undefined) return undefined;
  const args = form === "redact" ? hideSecretArguments(exec.args).shown : exec.args;
  const env = exec.env.map(({ name, value }) => ({ name, value: formatSecret(value, form) }));
  return {
    ...compact([["apiVersion", exec.apiVersion]]),
    command: exec.command,
    args: args.length === 0 ? null : args,
    env: env.length === 0 ? null : env,
    ...compact([
      ["installHint", exec.installHint],
      ["interactiveMode", exec.interactiveMode],
    ]),
    provideClusterInfo: exec.provideClusterInfo,
  };
}

function formatUser(user: User, form: SecretForm): JsonObject {
  const { clientCertificateData: data, impersonateExtra: extra } = user;
  return compact([
    ["client-certificate", user.clientCertificate],
    ["client-certificate-data", form === "redact" && data !== "" ? "DATA+OMITTED" : data],
    ["client-key", user.clientKey],
    ["client-key-data", formatSecret(user.clientKeyData, form, "DATA+OMITTED")],
    ["token", formatSecret(user.token, form)],
    ["tokenFile", user.tokenFile],
    ["as", user.impersonate],
    ["as-uid", user.impersonateUid],
    ["as-groups", user.impersonateGroups.length === 0 ? undefined : user.impersonateGroups],
    ["as-user-extra", extra.size === 0 ? undefined : Object.fromEntries(sortByName(extra))],
    ["username", user.username],
    ["password", formatSecret(user.password, form)],
    ["auth-provider", formatAuthProvider(user.authProvider, form)],
    ["exec", formatExec(user.exec, form)],
    ["extensions", formatExtensions(user.extensions)],
  ]);
}

function formatContext(context: Context): JsonObject {
  return {
    cluster: context.cluster,
    user: context.user,
    ...compact([
      ["namespace", context.namespace],
      ["extensions", formatExtensions(context.extensions)],
    ]),
  };
}

function formatList(list: readonly JsonObject[]): JsonValue {
  return list.length === 0 ? null : list;
}

/**
 * A kubeconfig as the document that kubectl writes: kind `Config`, version `v1`, lists sorted by name, `null` for an empty one.
 * With `redact` no token, key, password, environment value, auth-provider secret or user of an address is in it, nor an argument of a
 * plugin that is a secret by its name or look; certificates are left out.
 */
export function formatKubeconfig(kubeconfig: Kubeconfig, form: SecretForm): JsonObject {
  const { colors, extensions } = kubeconfig.preferences;
  const preferences = compact([
    ["colors", colors],
    ["extensions", formatExtensions(extensions)],
  ]);
  return {
    apiVersion: "v1",
    kind: "Config",
    ...(Object.keys(preferences).length === 0 ? {} : { preferences }),
    clusters: formatList(sortByName(kubeconfig.clusters).map(([name, cluster]) => ({ name, cluster: formatCluster(cluster, form) }))),
    users: formatList(sortByName(kubeconfig.users).map(([name, user]) => ({ name, user: formatUser(user, form) }))),
    contexts: formatList(sortByName(kubeconfig.contexts).map(([name, context]) => ({ name, context: formatContext(context) }))),
    "current-context": kubeconfig.currentContext,
    ...compact([["extensions", formatExtensions(kubeconfig.extensions)]]),
  };
}
