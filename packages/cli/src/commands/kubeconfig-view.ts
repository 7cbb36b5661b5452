import { flattenKubeconfig, formatKubeconfig, formatYaml, type Kubeconfig, minifyKubeconfig, sortByName } from "@kubepass/kubeconfig";
import type { JsonObject } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { findGivenText } from "../given-text.ts";
import { isOwnOn, type KubeconfigSources, loadSources } from "../kubeconfig-sources.ts";
import { parseSettings } from "../settings.ts";

function selectPart(invocation: Invocation, { merged }: KubeconfigSources): Kubeconfig {
  const context = findGivenText(invocation, "context");
  const selected = context === undefined ? merged : { ...merged, currentContext: context };
  const part = isOwnOn(invocation, "minify") ? minifyKubeconfig(selected) : selected;
  return isOwnOn(invocation, "flatten") ? flattenKubeconfig(part) : part;
}

function listOrigins(entries: ReadonlyMap<string, { readonly origin?: string | undefined }>): JsonObject {
  return Object.fromEntries([...entries].map(([name, { origin }]) => [name, origin]));
}

function findCurrentOrigin({ sources }: KubeconfigSources): string | undefined {
  return sources.find(({ kubeconfig }) => kubeconfig.currentContext !== "")?.path;
}

/** The document as YAML, with a comment at each entry that says which file it comes from, when there are several. */
function describe(document: JsonObject, part: Kubeconfig, sources: KubeconfigSources): string {
  const paths = sources.sources.map(({ path }) => path);
  const head =
    paths.length === 0 ? "# no kubeconfig: nothing is configured\n" : paths.map((path) => `# ${JSON.stringify(path)}\n`).join("");
  const text = formatYaml(document);
  if (paths.length < 2) return head + text;
  const lists = { clusters: part.clusters, users: part.users, contexts: part.contexts };
  return head + markOrigins(text, lists, findCurrentOrigin(sources));
}

type Lists = Readonly<Record<string, ReadonlyMap<string, { readonly origin?: string | undefined }>>>;

/** Puts the origin behind the line that begins each entry; entries come in the order of their names, as the document has them. */
function markOrigins(text: string, lists: Lists, currentOrigin: string | undefined): string {
  let waiting: (string | undefined)[] = [];
  const lines = text.split("\n").map((line) => {
    const list = lists[line.slice(0, -1)];
    if (list !== undefined) waiting = sortByName(list).map(([, { origin }]) => origin);
    const origin = line.startsWith("- ") ? waiting.shift() : undefined;
    const shown = line.startsWith("current-context:") ? currentOrigin : origin;
    return shown === undefined ? line : `${line} # ${JSON.stringify(shown)}`;
  });
  return lines.join("\n");
}

/** `kubepass kubeconfig view`: the merged kubeconfig without secrets, and which file each entry comes from. Runs nothing. */
export async function kubeconfigView(invocation: Invocation): Promise<number> {
  const sources = loadSources(invocation);
  const part = selectPart(invocation, sources);
  const config = formatKubeconfig(part, isOwnOn(invocation, "show-secrets") ? "reveal" : "redact");
  const { output: form } = parseSettings(invocation.options);
  if (form === "text") {
    invocation.stdout.write(describe(config, part, sources));
    return 0;
  }
  const document = {
    apiVersion: "kubepass.dev/v1",
    kind: "KubeconfigView",
    files: sources.sources.map(({ path }) => path),
    origins: {
      currentContext: findCurrentOrigin(sources),
      clusters: listOrigins(part.clusters),
      users: listOrigins(part.users),
      contexts: listOrigins(part.contexts),
    },
    config,
  };
  invocation.stdout.write(await formatDocument(document, form));
  return 0;
}
