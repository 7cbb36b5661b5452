import type { OptionSpec } from "@kubepass/plugin-sdk";

const file: OptionSpec = { name: "kubeconfig", kind: "text", description: "this kubeconfig alone, instead of KUBECONFIG" };
const context: OptionSpec = { name: "context", kind: "text", description: "the context that is meant, instead of the current one" };
const pluginCommand: OptionSpec = {
  name: "plugin-command",
  kind: "text",
  description: "the program that clients run",
  defaultText: "this program, by its absolute path",
};
const noBackup: OptionSpec = { name: "no-backup", kind: "switch", description: "keep no copy of the kubeconfig as it was" };

/** Options of `kubeconfig view`. */
export const kubeconfigViewOptions: readonly OptionSpec[] = [
  file,
  context,
  { name: "minify", kind: "switch", description: "only the context, with the cluster and user that it names" },
  { name: "flatten", kind: "switch", description: "put certificates into it that lie in files" },
  { name: "show-secrets", kind: "switch", description: "print tokens, keys and passwords as they are" },
];

/** Options of `kubeconfig add`, beside those of the provider. */
export const kubeconfigAddOptions: readonly OptionSpec[] = [
  file,
  { name: "context-name", kind: "text", description: "the name of the context that is written", defaultText: "USER@CLUSTER" },
  { name: "cluster-entry", kind: "text", description: "the cluster of the context", defaultText: "the current context's, or the only one" },
  {
    name: "user-name",
    kind: "text",
    description: "the name of the user that is written",
    defaultText: "kubepass-PROVIDER, or kubepass-PROVIDER-CLUSTER where that signs in otherwise for another context",
  },
  { name: "context-namespace", kind: "text", description: "the namespace of the context" },
  pluginCommand,
  {
    name: "interactive-mode",
    kind: "text",
    description: "what clients do with standard input",
    choices: ["IfAvailable", "Never", "Always"],
    defaultText: "IfAvailable",
  },
  { name: "select", kind: "switch", description: "make the context the current one" },
  { name: "replace", kind: "switch", description: "replace a user or context of that name, whatever it was" },
  { name: "dry-run", kind: "switch", description: "show what would be written, and write nothing" },
  noBackup,
];

/** Options of `kubeconfig convert`. */
export const kubeconfigConvertOptions: readonly OptionSpec[] = [
  file,
  { name: "user", kind: "list", description: "only this user, or these", defaultText: "all that can be converted" },
  { name: "context", kind: "list", description: "only the user of this context, or these" },
  {
    name: "client-secret-file",
    kind: "text",
    description: "file that keeps the client secret from now on: it is moved there, readable by you alone",
  },
  pluginCommand,
  { name: "dry-run", kind: "switch", description: "show what would be written, and write nothing" },
  noBackup,
];

/** Options of `kubeconfig audit`. */
export const kubeconfigAuditOptions: readonly OptionSpec[] = [
  file,
  { name: "write-allowlist", kind: "switch", description: "let kubectl run these plugins and no others: write ~/.kube/kuberc" },
];

/** Options of `whoami`. */
export const whoamiOptions: readonly OptionSpec[] = [
  file,
  context,
  { name: "offline", kind: "switch", description: "ask no cluster: only what the stored credential says of itself" },
];
