import {
  type ClusterEntry,
  editKubeconfigFile,
  execExtensionName,
  formatYaml,
  type Kubeconfig,
  type KubeconfigChange,
  type KubeconfigDocument,
  listKubeconfigPaths,
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
import { formatTrial } from "../kubeconfig-trial.ts";
import { gatherOptions } from "../options/gather-options.ts";
import { formatPluginStanza, isChanging, type WantedStanza, whatToWrite } from "../plugin-stanza.ts";
import { parseSettings } from "../settings.ts";

/** What is to be written. */
interface Plan {
  readonly path: string;
  readonly user: { readonly name: string; readonly wanted: WantedStanza };
  readonly context: { readonly name: string; readonly content: JsonObject };
  /** Whether both are written anew, and not into what is there. */
  readonly isReplacing: boolean;
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

function refuseTaken(what: string, flag: string): CredentialError {
  return new CredentialError("KUBECONFIG_UNUSABLE", what, { hint: `choose another name with --${flag}, or say --replace` });
}

/** Whether a user has what clients use before they run a plugin. */
function hasStaticCredential({ token, tokenFile, username, clientCertificate, clientCertificateData }: User): boolean {
  return token !== undefined || [tokenFile, username, clientCertificate, clientCertificateData].some((text) => text !== "");
}

/** What keeps a user from being changed: that it signs in in another way, or for another context, which would change with it. */
function findObstacle(name: string, context: string, wanted: WantedStanza, { merged }: KubeconfigSources): string | undefined {
  const user = merged.users.get(name);
  if (user === undefined) return undefined;
  const isOther = user.exec === undefined || hasStaticCredential(user) || findArguments(user.exec) === undefined;
  if (isOther) return `the user ${JSON.stringify(name)} exists and signs in in another way`;
  if (!isChanging(wanted, user.exec)) return undefined;
  const [other] = [...merged.contexts].find(([each, { user: used }]) => used === name && each !== context) ?? [];
  return other === undefined ? undefined : `the user ${JSON.stringify(name)} signs in for the context ${JSON.stringify(other)} as well`;
}

function requireOwnContext({ context, user, cluster }: Names, { merged }: KubeconfigSources): void {
  const existing = merged.contexts.get(context);
  if (existing === undefined) return;
  const whose = existing.user === user ? "cluster" : "user";
  if (existing.user === user && existing.cluster === cluster) return;
  throw refuseTaken(`the context ${JSON.stringify(context)} exists and is for another ${whose}`, "context-name");
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

function formatWanted(invocation: Invocation, cluster: ClusterEntry | undefined): WantedStanza {
  const { host, runtime, provider } = invocation;
  const command = findGivenText(invocation, "plugin-command");
  const interactiveMode = findGivenText(invocation, "interactive-mode");
  const exec = formatPluginStanza({
    command: command ?? findOwnCommand(host, runtime),
    args: ["get-token", provider.name, ...listIdentityFlags(invocation)],
    providesClusterInfo: cluster?.extensions.has(execExtensionName) === true,
    interactiveMode,
  });
  return { exec, given: { command, interactiveMode } };
}

interface Names {
  readonly cluster: string;
  readonly user: string;
  readonly context: string;
}

/** Clusters whose sign-in is the same share a user; another sign-in gets a user of its own, so that no context changes unasked. */
function chooseNames(invocation: Invocation, sources: KubeconfigSources, cluster: string, wanted: WantedStanza): Names {
  const given = findGivenText(invocation, "user-name");
  const givenContext = findGivenText(invocation, "context-name");
  const complete = (user: string): Names => ({ cluster, user, context: givenContext ?? `${user}@${cluster}` });
  const obstacleOf = ({ user, context }: Names): string | undefined => findObstacle(user, context, wanted, sources);
  const shared = complete(given ?? `kubepass-${invocation.provider.name}`);
  if (isOwnOn(invocation, "replace")) return shared;
  const isTaken = given === undefined && obstacleOf(shared) !== undefined;
  const names = isTaken ? complete(`${shared.user}-${cluster}`) : shared;
  const obstacle = obstacleOf(names);
  if (obstacle !== undefined) throw refuseTaken(obstacle, "user-name");
  requireOwnContext(names, sources);
  return names;
}

/** The file that is written: the named one, else where the entry stands already, else where kubectl would write. */
function choosePath(invocation: Invocation, { sources, merged }: KubeconfigSources, names: Names): string {
  const [fallback = ""] = listKubeconfigPaths(kubeconfigEnvironment(invocation.host));
  const existing = merged.users.get(names.user)?.origin ?? merged.contexts.get(names.context)?.origin;
  return findGivenText(invocation, "kubeconfig") ?? existing ?? sources[0]?.path ?? fallback;
}

async function createPlan(invocation: Invocation, sources: KubeconfigSources): Promise<Plan> {
  refuseSecrets(invocation);
  const name = chooseCluster(invocation, sources);
  const cluster = sources.merged.clusters.get(name);
  const configured = await withClusterOptions(invocation, cluster);
  // What is wrong with the options is told now, and not by kubectl later.
  await createProvider(configured);
  const wanted = formatWanted(configured, cluster);
  const names = chooseNames(invocation, sources, name, wanted);
  const namespace = findGivenText(invocation, "context-namespace");
  return {
    path: choosePath(invocation, sources, names),
    user: { name: names.user, wanted },
    context: { name: names.context, content: { cluster: names.cluster, user: names.user, namespace } },
    isReplacing: isOwnOn(invocation, "replace"),
    isSelected: isOwnOn(invocation, "select") || sources.merged.currentContext === "",
  };
}

function setContext({ context: { name, content } }: Plan, document: KubeconfigDocument, before: Kubeconfig): void {
  const { namespace } = content;
  // A namespace that somebody chose for it stays.
  if (!before.contexts.has(name)) document.setEntry("contexts", name, content);
  else if (typeof namespace === "string") document.setText("contexts", name, ["namespace"], namespace);
}

function toChange(plan: Plan): KubeconfigChange {
  const { user, context, isReplacing, isSelected } = plan;
  return (document, before) => {
    const { exec } = user.wanted;
    const existing = before.users.get(user.name);
    // What somebody added to a user, such as variables for the plugin, stays.
    if (isReplacing || existing === undefined) document.setEntry("users", user.name, { exec });
    else document.setMembers("users", user.name, "exec", existing.exec === undefined ? exec : whatToWrite(user.wanted, existing.exec));
    if (isReplacing) document.setEntry("contexts", context.name, context.content);
    else setContext(plan, document, before);
    if (isSelected) document.setCurrentContext(context.name);
  };
}

function formatPlan({ user, context, isSelected }: Plan): JsonObject {
  return {
    users: [{ name: user.name, user: { exec: user.wanted.exec } }],
    contexts: [{ name: context.name, context: context.content }],
    "current-context": isSelected ? context.name : undefined,
  };
}

function describeDone(plan: Plan, backup: string | undefined, kubeconfig: string | undefined): string {
  const kept = backup === undefined ? "" : `\nas it was before: ${backup}`;
  const trial = formatTrial(kubeconfig, plan.isSelected ? undefined : plan.context.name);
  return `wrote the user ${plan.user.name} and the context ${plan.context.name} to ${plan.path}${kept}\ntry it: ${trial}\n`;
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
  const done = describeDone(plan, result.backup, findGivenText(invocation, "kubeconfig"));
  stdout.write(isDryRun ? `# would be written to ${plan.path}\n${formatYaml(formatPlan(plan))}` : done);
  return 0;
}
