import { CredentialError } from "@kubepass/wire";
import { judgeProxyUrl } from "./server-address.ts";
import { hideUserInfo } from "./hide-user-info.ts";
import type { Cluster, Context, Kubeconfig } from "./kubeconfig.ts";
import { findOpenProblem, judgeUser, listProblems } from "./validate-user.ts";

const emptyConfiguration = "no configuration has been provided, try setting KUBERNETES_MASTER environment variable";

/** What client-go says of a cluster that nothing was said of. */
export const emptyClusterProblem = "cluster has no server defined";

/** The error of a configuration that names no API server at all. */
export function refuseEmpty(): CredentialError {
  return new CredentialError("KUBECONFIG_EMPTY", `invalid configuration: ${emptyConfiguration}`, {
    hint: "set KUBECONFIG or --kubeconfig to a kubeconfig that names a cluster",
  });
}

/** The error that tells all problems together. */
export function refuseUnusable(problems: readonly string[]): CredentialError {
  return new CredentialError("KUBECONFIG_UNUSABLE", "invalid configuration:", {
    problems: [...new Set(problems)],
    areProblemsBracketed: true,
    hint: "kubepass kubeconfig view shows which file each value comes from",
  });
}

function isEmptyCluster({ extensions, ...fields }: Cluster): boolean {
  return extensions.size === 0 && Object.values(fields).every((value) => value === "" || value === false || value === undefined);
}

/** What is wrong with a cluster entry, in client-go's words and order. Opens the authority that it names. */
export function judgeCluster(name: string, cluster: Cluster): readonly string[] {
  if (isEmptyCluster(cluster)) return [emptyClusterProblem];
  const { server, proxyUrl, certificateAuthority, certificateAuthorityData } = cluster;
  const shownProxy = hideUserInfo(proxyUrl);
  const proxyProblem = proxyUrl === "" ? undefined : judgeProxyUrl(proxyUrl, shownProxy);
  const fileProblem = certificateAuthority === "" ? undefined : findOpenProblem(certificateAuthority);
  return listProblems([
    [server === "", name === "" ? "default cluster has no server defined" : `no server found for cluster ${JSON.stringify(name)}`],
    [
      proxyProblem !== undefined,
      `invalid 'proxy-url' ${JSON.stringify(shownProxy)} for cluster ${JSON.stringify(name)}: ${proxyProblem ?? ""}`,
    ],
    [
      certificateAuthority !== "" && certificateAuthorityData !== "",
      `certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`,
    ],
    [fileProblem !== undefined, `unable to read certificate-authority ${certificateAuthority} for ${name} due to ${fileProblem ?? ""}`],
  ]);
}

function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text);
}

function judgeReference(kind: string, name: string, known: ReadonlyMap<string, unknown>, quotedContext: string): readonly string[] {
  if (name === "") return [`${kind} was not specified for context ${quotedContext}`];
  return known.has(name) ? [] : [`${kind} ${JSON.stringify(name)} was not found for context ${quotedContext}`];
}

/** What is wrong with a context itself; not with what it refers to. */
function judgeContext(name: string, context: Context, kubeconfig: Kubeconfig): readonly string[] {
  const quoted = JSON.stringify(name);
  return [
    ...listProblems([[name === "", "empty context name is not allowed"]]),
    ...judgeReference("user", context.user, kubeconfig.users, quoted),
    ...judgeReference("cluster", context.cluster, kubeconfig.clusters, quoted),
    ...listProblems([
      [
        context.namespace !== "" && !isDnsLabel(context.namespace),
        `namespace ${JSON.stringify(context.namespace)} for context ${quoted} does not conform to the kubernetes DNS_LABEL rules`,
      ],
    ]),
  ];
}

/** True when nothing at all was said. */
function isEmptyKubeconfig(kubeconfig: Kubeconfig): boolean {
  const { clusters, users, contexts, currentContext, preferences, extensions } = kubeconfig;
  const sizes = clusters.size + users.size + contexts.size + preferences.extensions.size + extensions.size;
  return sizes === 0 && currentContext === "" && !preferences.colors;
}

/**
 * Everything that is wrong with a whole kubeconfig, each in client-go's words: contexts, then users, then clusters. Empty when
 * nothing is. Opens the certificates, keys and authorities that are named, and nothing else.
 */
export function findProblems(kubeconfig: Kubeconfig): readonly string[] {
  if (isEmptyKubeconfig(kubeconfig)) return [emptyConfiguration];
  const { currentContext, contexts } = kubeconfig;
  return [
    ...listProblems([
      [currentContext !== "" && !contexts.has(currentContext), `context was not found for specified context: ${currentContext}`],
    ]),
    ...[...contexts].flatMap(([name, context]) => judgeContext(name, context, kubeconfig)),
    ...[...kubeconfig.users].flatMap(([name, user]) => judgeUser(name, user)),
    ...[...kubeconfig.clusters].flatMap(([name, cluster]) => judgeCluster(name, cluster)),
  ];
}
