import { Cluster, ClusterAccess, describeCredentials, loadPluginPolicy, type ResolvedConfig } from "@kubepass/kubeconfig";
import { CredentialError, formatPrintable, formatTimestamp, isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { createInvocationHost } from "../client-host.ts";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { formatInstant } from "../format-time.ts";
import { formatRows } from "../help/wrap-text.ts";
import { parseSettings } from "../settings.ts";

/** Whom a cluster takes somebody for: the user info of Kubernetes. */
export interface ClusterUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: JsonObject;
}

const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };

function listTexts(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function parseUser(text: string): ClusterUser | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const status = isJsonObject(value) ? value["status"] : undefined;
  const user = isJsonObject(status) ? status["userInfo"] : undefined;
  if (!isJsonObject(user) || typeof user["username"] !== "string") return undefined;
  const { username, uid, extra } = user;
  return { username, uid: typeof uid === "string" ? uid : "", groups: listTexts(user["groups"]), extra: isJsonObject(extra) ? extra : {} };
}

/** What the answer to a SelfSubjectReview means. Throws `CLUSTER_UNAUTHORIZED`, `CLUSTER_FORBIDDEN`, `RESPONSE_INVALID`. */
export function judgeReview(status: number, text: string, host: string, credential: string): ClusterUser {
  switch (status) {
    case 401:
      throw new CredentialError("CLUSTER_UNAUTHORIZED", `${host} does not know who you are (401): it does not accept ${credential}`, {
        hint: "sign in again, or see which user the context names: kubepass kubeconfig view --minify",
      });
    case 403:
      throw new CredentialError("CLUSTER_FORBIDDEN", `${host} may know who you are, but does not let you ask (403)`, {
        hint: "whoever runs the cluster must allow you to create selfsubjectreviews, or the impersonation that the kubeconfig asks for",
      });
    case 404:
      throw new CredentialError("RESPONSE_INVALID", `${host} has no SelfSubjectReview: it is older than Kubernetes 1.28, or no API server`);
    default: {
      const user = status === 200 || status === 201 ? parseUser(text) : undefined;
      if (user !== undefined) return user;
      throw new CredentialError("RESPONSE_INVALID", `${host} answered with status ${status} and no SelfSubjectReview`);
    }
  }
}

/** Everything that is told. */
interface Findings {
  readonly user: ClusterUser;
  readonly credential: string;
  readonly expiresAt: Date | undefined;
}

function place(name: string, file: string | undefined): string {
  return file === undefined ? name : `${name} (${file})`;
}

function describe({ user, credential, expiresAt }: Findings, config: ResolvedConfig, server: string, invocation: Invocation): string {
  const { host } = invocation;
  const { origins, user: entry } = config;
  const source = entry.name === "" ? "" : `, of the user ${place(entry.name, origins.user)}`;
  const acting = entry.impersonation === undefined ? "" : `, acting as ${entry.impersonation.user}`;
  const end = expiresAt === undefined ? "does not say when it ends" : `good until ${formatInstant(expiresAt, host.clock.now())}`;
  const extra = Object.entries(user.extra).map(([key, value]) => `${key}=${listTexts(value).join(",")}`);
  const rows = [
    ["uid", user.uid],
    ["groups", user.groups.join(", ")],
    ["extra", extra.join(" ")],
    ["cluster", config.context === "" ? server : `${server}, context ${place(config.context, origins.context)}`],
    ["through", `${credential}${source}${acting}`],
    ["credential", end],
  ].flatMap(([term = "", text = ""]) => (text === "" ? [] : [{ term, text: formatPrintable(text, 1000) }]));
  return `${formatPrintable(user.username)}\n${formatRows(rows, host.terminal.columns)}\n`;
}

function formatFindings({ user, credential, expiresAt }: Findings, config: ResolvedConfig, server: string): JsonObject {
  const { origins } = config;
  return {
    apiVersion: "kubepass.dev/v1",
    kind: "WhoAmI",
    verifiedByCluster: true,
    userInfo: { username: user.username, uid: user.uid, groups: [...user.groups], extra: user.extra },
    server,
    context: config.context,
    user: config.user.name,
    impersonates: config.user.impersonation?.user,
    credential,
    credentialExpiresAt: expiresAt === undefined ? undefined : formatTimestamp(expiresAt),
    files: { context: origins.context, cluster: origins.cluster, user: origins.user },
  };
}

/** Asks the cluster of a configuration who one is, and tells it. Throws as {@link judgeReview} and as `Cluster` does. */
export async function askCluster(config: ResolvedConfig, invocation: Invocation): Promise<number> {
  const clientHost = createInvocationHost(invocation);
  const access = new ClusterAccess(clientHost, { plugins: { policy: loadPluginPolicy(clientHost) } });
  try {
    const cluster = new Cluster(config, access, { isAnonymousRefused: true });
    const { signal } = invocation.host;
    const headers = { "content-type": "application/json", accept: "application/json" };
    const response = await cluster.fetch(path, { method: "POST", headers, body: JSON.stringify(review), signal });
    const credential = describeCredentials(cluster.credentials);
    const user = judgeReview(response.status, await response.text(), cluster.url.host, credential);
    const findings = { user, credential, expiresAt: await cluster.findExpiry(signal) };
    const server = cluster.url.href.replace(/\/$/, "");
    const { output } = parseSettings(invocation.options);
    const text =
      output === "text"
        ? describe(findings, config, server, invocation)
        : await formatDocument(formatFindings(findings, config, server), output);
    invocation.stdout.write(text);
    return 0;
  } finally {
    access.close();
  }
}
