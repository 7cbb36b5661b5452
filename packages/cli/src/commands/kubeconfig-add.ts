import { type ClusterEntry, execExtensionName, formatYaml, listKubeconfigPaths, type User } from "@kubepass/kubeconfig";
import { CredentialError, formatPrintable, type JsonObject } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { createProvider, listIdentityFlags } from "../credential-request.ts";
import { findOwnCommand } from "../find-own-command.ts";
import { formatDocument } from "../format-document.ts";
import { findGivenText } from "../given-text.ts";
import { type AddedFile, type Addition, describeAdded, formatAdded, writeAddition } from "../kubeconfig-addition.ts";
import { findArguments } from "../kubeconfig-contexts.ts";
import { isOwnOn, kubeconfigEnvironment, type KubeconfigSources, loadSources, nameBackup } from "../kubeconfig-sources.ts";
import { formatTrial } from "../kubeconfig-trial.ts";
import { gatherOptions } from "../options/gather-options.ts";
import { formatPluginStanza, isChanging, type WantedStanza } from "../plugin-stanza.ts";
import { parseSettings } from "../settings.ts";

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

/** The file that gets the user: the named one, else where an entry stands already, else where kubectl would write. */
function chooseUserFile(invocation: Invocation, { sources, merged }: KubeconfigSources, names: Names): string {
  const [fallback = ""] = listKubeconfigPaths(kubeconfigEnvironment(invocation.host));
  const existing = merged.users.get(names.user)?.origin ?? merged.contexts.get(names.context)?.origin;
  return findGivenText(invocation, "kubeconfig") ?? existing ?? sources[0]?.path ?? fallback;
}

/** The file that gets the context, the one where it counts; none when it is in another file than the user and nothing is asked of it. */
function findContextFile(invocation: Invocation, { merged }: KubeconfigSources, names: Names, userFile: string): string | undefined {
  const path = findGivenText(invocation, "kubeconfig") ?? merged.contexts.get(names.context)?.origin ?? userFile;
  const isAsked = isOwnOn(invocation, "replace") || findGivenText(invocation, "context-namespace") !== undefined;
  return isAsked || path === userFile ? path : undefined;
}

/** The file whose current context counts, when it is to be another one. */
function findSelectingFile(invocation: Invocation, { sources, merged }: KubeconfigSources, userFile: string): string | undefined {
  if (!isOwnOn(invocation, "select") && merged.currentContext !== "") return undefined;
  return sources.find(({ kubeconfig }) => kubeconfig.currentContext !== "")?.path ?? userFile;
}

async function planAddition(invocation: Invocation, sources: KubeconfigSources): Promise<Addition> {
  refuseSecrets(invocation);
  const name = chooseCluster(invocation, sources);
  const cluster = sources.merged.clusters.get(name);
  const configured = await withClusterOptions(invocation, cluster);
  // What is wrong with the options is told now, and not by kubectl later.
  await createProvider(configured);
  const wanted = formatWanted(configured, cluster);
  const names = chooseNames(invocation, sources, name, wanted);
  const path = chooseUserFile(invocation, sources, names);
  const content = { cluster: names.cluster, user: names.user, namespace: findGivenText(invocation, "context-namespace") };
  return {
    user: { name: names.user, path, wanted },
    context: { name: names.context, path: findContextFile(invocation, sources, names, path), content },
    isReplacing: isOwnOn(invocation, "replace"),
    selectedIn: findSelectingFile(invocation, sources, path),
  };
}

function toDocument(addition: Addition, files: readonly AddedFile[], dryRun: boolean): JsonObject {
  const [first, ...others] = files.map(({ path, before, after, backup }) => ({ path, changed: after !== before, backup }));
  const written = Object.fromEntries(files.flatMap((file) => Object.entries(formatAdded(addition, file))));
  const otherFiles = others.length === 0 ? undefined : others;
  return { apiVersion: "kubepass.dev/v1", kind: "KubeconfigAddition", dryRun, ...first, otherFiles, written };
}

function toText(invocation: Invocation, addition: Addition, files: readonly AddedFile[]): string {
  if (isOwnOn(invocation, "dry-run"))
    return files.map((file) => `# would be written to ${file.path}\n${formatYaml(formatAdded(addition, file))}`).join("");
  const trial = formatTrial(findGivenText(invocation, "kubeconfig"), addition.selectedIn === undefined ? addition.context.name : undefined);
  return `${files.map((file) => describeAdded(addition, file)).join("")}try it: ${trial}\n`;
}

/** `kubepass kubeconfig add <provider>`: writes a user that runs kubepass, and a context with it. */
export async function kubeconfigAdd(invocation: Invocation): Promise<number> {
  const { host, stdout } = invocation;
  const addition = await planAddition(invocation, loadSources(invocation));
  const isDryRun = isOwnOn(invocation, "dry-run");
  const files = await writeAddition(addition, (path) => nameBackup(invocation, path), { isDryRun, signal: host.signal });
  const { output } = parseSettings(invocation.options);
  const isText = output === "text";
  stdout.write(isText ? toText(invocation, addition, files) : await formatDocument(toDocument(addition, files, isDryRun), output));
  return 0;
}
