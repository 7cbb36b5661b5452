import {
  type ClusterEntry,
  editKubeconfigFile,
  execExtensionName,
  formatYaml,
  listKubeconfigPaths,
  type KubeconfigChange,
  type User,
} from "@kubepass/kubeconfig";
import { CredentialError, formatPrintable, type JsonObject } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { createProvider, listIdentityFlags } from "../credential-request.ts";
import { findOwnCommand } from "../find-own-command.ts";
import { formatDocument } from "../format-document.ts";
import { findGivenText } from "../given-text.ts";
import { findArguments } from "../kubeconfig-contexts.ts";
import { isOwnOn, kubeconfigEnvironment, type KubeconfigSources, loadSources, nameBackup } from "../kubeconfig-sources.ts";
import { gatherOptions } from "../options/gather-options.ts";
import { formatPluginStanza } from "../plugin-stanza.ts";
import { parseSettings } from "../settings.ts";

/** What is to be written. */
interface Plan {
  readonly path: string;
  readonly user: { readonly name: string; readonly content: JsonObject };
  readonly context: { readonly name: string; readonly content: JsonObject };
  readonly isSelected: boolean;
}

function chooseCluster(invocation: Invocation, { merged }: KubeconfigSources): string {
  const given = findGivenText(invocation, "cluster-entry");
  const current = merged.contexts.get(merged.currentContext)?.cluster;
  const [only] = merged.clusters.keys();
  const name = given ?? current ?? (merged.clusters.size === 1 ? only : undefined);
  if (name !== undefined && merged.clusters.has(name)) return name;
  const known = [...merged.clusters.keys()].map((each) => formatPrintable(each, 60)).join(", ");
  const what = name === undefined ? "it is not clear which cluster is meant" : `there is no cluster ${JSON.stringify(name)}`;
  const hint = known === "" ? "add a cluster first: kubectl config set-cluster NAME --server=https://…" : `--cluster-entry: ${known}`;
  throw new CredentialError("KUBECONFIG_UNUSABLE", what, { hint });
}

/** Throws unless the user of that name is new, or runs kubepass already, or may be replaced. */
function requireReplaceable(name: string, user: User | undefined, isReplacing: boolean): void {
  if (user === undefined || isReplacing || (user.exec !== undefined && findArguments(user.exec) !== undefined)) return;
  throw new CredentialError("KUBECONFIG_UNUSABLE", `the user ${JSON.stringify(name)} exists and signs in in another way`, {
    hint: "choose another name with --user-name, or say --replace",
  });
}

function requireOwnContext(name: string, user: string, { merged }: KubeconfigSources, isReplacing: boolean): void {
  const existing = merged.contexts.get(name);
  if (existing === undefined || existing.user === user || isReplacing) return;
  throw new CredentialError("KUBECONFIG_UNUSABLE", `the context ${JSON.stringify(name)} exists and is for another user`, {
    hint: "choose another name with --context-name, or say --replace",
  });
}

/** The options as they will be when clients run the plugin: with what the cluster says to it. */
async function withClusterOptions(invocation: Invocation, cluster: ClusterEntry | undefined): Promise<Invocation> {
  const clusterConfig = cluster?.extensions.get(execExtensionName);
  if (clusterConfig === undefined) return invocation;
  const { provider, parsed, host } = invocation;
  const request = { given: parsed.given, provider, own: parsed.command?.options ?? [], clusterConfig };
  return { ...invocation, options: await gatherOptions(request, host) };
}

/** Secrets must not stand in a kubeconfig, which is copied and sent around. */
function refuseSecrets({ provider, options }: Invocation): void {
  const given = provider.options.filter(({ name, isSecret }) => isSecret === true && options.places.get(name)?.kind === "flag");
  const [first] = given;
  if (first === undefined) return;
  throw new CredentialError("POLICY_REFUSED", `--${first.name} would be written into the kubeconfig`, {
    hint: `keep it in a file or variable: kubepass help get-token ${provider.name}`,
  });
}

function formatUserContent(invocation: Invocation, providesClusterInfo: boolean): JsonObject {
  const { host, runtime, provider } = invocation;
  return {
    exec: formatPluginStanza({
      command: findGivenText(invocation, "plugin-command") ?? findOwnCommand(host, runtime),
      args: ["get-token", provider.name, ...listIdentityFlags(invocation)],
      providesClusterInfo,
      interactiveMode: findGivenText(invocation, "interactive-mode"),
    }),
  };
}

interface Names {
  readonly cluster: string;
  readonly user: string;
  readonly context: string;
}

function chooseNames(invocation: Invocation, sources: KubeconfigSources): Names {
  const cluster = chooseCluster(invocation, sources);
  const user = findGivenText(invocation, "user-name") ?? `kubepass-${invocation.provider.name}`;
  const context = findGivenText(invocation, "context-name") ?? `${user}@${cluster}`;
  const isReplacing = isOwnOn(invocation, "replace");
  requireReplaceable(user, sources.merged.users.get(user), isReplacing);
  requireOwnContext(context, user, sources, isReplacing);
  return { cluster, user, context };
}

/** The file that is written: the named one, else where the entry stands already, else where kubectl would write. */
function choosePath(invocation: Invocation, { sources, merged }: KubeconfigSources, names: Names): string {
  const [fallback = ""] = listKubeconfigPaths(kubeconfigEnvironment(invocation.host));
  const existing = merged.users.get(names.user)?.origin ?? merged.contexts.get(names.context)?.origin;
  return findGivenText(invocation, "kubeconfig") ?? existing ?? sources[0]?.path ?? fallback;
}

async function createPlan(invocation: Invocation, sources: KubeconfigSources): Promise<Plan> {
  refuseSecrets(invocation);
  const names = chooseNames(invocation, sources);
  const cluster = sources.merged.clusters.get(names.cluster);
  const configured = await withClusterOptions(invocation, cluster);
  // What is wrong with the options is told now, and not by kubectl later.
  await createProvider(configured);
  const namespace = findGivenText(invocation, "context-namespace");
  return {
    path: choosePath(invocation, sources, names),
    user: { name: names.user, content: formatUserContent(configured, cluster?.extensions.has(execExtensionName) === true) },
    context: { name: names.context, content: { cluster: names.cluster, user: names.user, namespace } },
    isSelected: isOwnOn(invocation, "select") || sources.merged.currentContext === "",
  };
}

function toChange({ user, context, isSelected }: Plan): KubeconfigChange {
  return (document) => {
    document.setEntry("users", user.name, user.content);
    document.setEntry("contexts", context.name, context.content);
    if (isSelected) document.setCurrentContext(context.name);
  };
}

function formatPlan({ user, context, isSelected }: Plan): JsonObject {
  return {
    users: [{ name: user.name, user: user.content }],
    contexts: [{ name: context.name, context: context.content }],
    "current-context": isSelected ? context.name : undefined,
  };
}

function describeDone(plan: Plan, backup: string | undefined): string {
  const kept = backup === undefined ? "" : `\nas it was before: ${backup}`;
  const flag = plan.isSelected ? "" : ` --context=${plan.context.name}`;
  return `wrote the user ${plan.user.name} and the context ${plan.context.name} to ${plan.path}${kept}\ntry it: kubectl${flag} auth whoami\n`;
}

/** `kubepass kubeconfig add <provider>`: writes a user that runs kubepass, and a context with it. */
export async function kubeconfigAdd(invocation: Invocation): Promise<number> {
  const { host, stdout } = invocation;
  const plan = await createPlan(invocation, loadSources(invocation));
  const isDryRun = isOwnOn(invocation, "dry-run");
  const backup = nameBackup(invocation, plan.path);
  const result = await editKubeconfigFile(plan.path, toChange(plan), { isDryRun, backup, signal: host.signal });
  const { output } = parseSettings(invocation.options);
  if (output !== "text") {
    const facts = { path: plan.path, dryRun: isDryRun, changed: result.after !== result.before, backup: result.backup };
    const document = { apiVersion: "kubepass.dev/v1", kind: "KubeconfigAddition", ...facts, written: formatPlan(plan) };
    stdout.write(await formatDocument(document, output));
    return 0;
  }
  stdout.write(isDryRun ? `# would be written to ${plan.path}\n${formatYaml(formatPlan(plan))}` : describeDone(plan, result.backup));
  return 0;
}
