import type { KubeconfigEnvironment } from "../environment.ts";
import type { Kubeconfig } from "../kubeconfig.ts";
import { auditCluster } from "./audit-cluster.ts";
import { auditPodTokens } from "./audit-pod-token.ts";
import { auditUser } from "./audit-user.ts";
import { type Finding, listInWords, note, risk } from "./finding.ts";

const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/u;

function auditNames(kubeconfig: Kubeconfig): readonly Finding[] {
  const groups = [
    ["clusters", kubeconfig.clusters],
    ["users", kubeconfig.users],
    ["contexts", kubeconfig.contexts],
  ] as const;
  return groups.flatMap(([list, entries]) =>
    [...entries].flatMap(([name, { origin }]) =>
      unprintable.test(name)
        ? [risk("NAME_UNPRINTABLE", `${list}/${name}`, origin, "the name holds characters that steer a terminal", "rename it")]
        : [],
    ),
  );
}

function auditReferences(kubeconfig: Kubeconfig): readonly Finding[] {
  return [...kubeconfig.contexts].flatMap(([name, context]) => {
    const subject = `contexts/${name}`;
    const missing = [
      ...(kubeconfig.users.has(context.user) ? [] : [`the user ${JSON.stringify(context.user)}`]),
      ...(kubeconfig.clusters.has(context.cluster) ? [] : [`the cluster ${JSON.stringify(context.cluster)}`]),
    ];
    const text = `${listInWords(missing)} ${missing.length === 1 ? "does" : "do"} not exist`;
    return missing.length === 0 ? [] : [note("REFERENCE_MISSING", subject, context.origin, text)];
  });
}

/** Who would use the kubeconfig. */
export interface AuditOptions {
  /** The variables of the program, which say in a pod which cluster is its own. */
  readonly variables?: KubeconfigEnvironment["variables"] | undefined;
}

/**
 * What a kubeconfig would run, read, trust and leave unverified, and where it is weak. Looks at what it says and at nothing else: no
 * file that it names is opened, no command is looked up or run, no address is reached.
 */
export function auditKubeconfig(kubeconfig: Kubeconfig, { variables = {} }: AuditOptions = {}): readonly Finding[] {
  return [
    ...auditNames(kubeconfig),
    ...[...kubeconfig.users].flatMap(([name, user]) => auditUser(name, user)),
    ...auditPodTokens(kubeconfig, variables),
    ...[...kubeconfig.clusters].flatMap(([name, cluster]) => auditCluster(name, cluster)),
    ...auditReferences(kubeconfig),
  ];
}
