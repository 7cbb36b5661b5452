import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { CommandSpec } from "./command.ts";
import { apiServerOptions, explainOptions } from "./options/authn-options.ts";
import {
  kubeconfigAddOptions,
  kubeconfigAuditOptions,
  kubeconfigConvertOptions,
  kubeconfigViewOptions,
  whoamiOptions,
} from "./options/kubeconfig-options.ts";

const force: OptionSpec = { name: "force", kind: "switch", description: "sign in again even though you are signed in" };
const all: OptionSpec = { name: "all", kind: "switch", description: "end every sign-in of every account" };

const setupOptions: readonly OptionSpec[] = [
  { name: "folder", kind: "text", description: "where to write", defaultText: "kubepass-serve" },
  { name: "address", kind: "text", description: "host:port that the server will listen on", defaultText: "127.0.0.1:8443" },
  { name: "host", kind: "list", description: "name or address by which API servers reach it", defaultText: "127.0.0.1 and localhost" },
];

const configured = { hasWords: false, isConfigured: true, options: [] } as const;
const plain = { provider: "none", hasWords: false, isConfigured: false, options: [] } as const;

const serveOptions: readonly OptionSpec[] = [
  { name: "config", kind: "text", description: "what to serve and whom to trust, as `serve init` writes it" },
  {
    name: "aws-iam-authenticator-config",
    kind: "text",
    description: "aws-iam-authenticator's own configuration file, instead of --config",
  },
];

/** Every command, in the order of the help text. The code of each is loaded only when it runs. */
export const commands: readonly CommandSpec[] = [
  { ...configured, name: "login", provider: "optional", options: [force], load: async () => (await import("./commands/login.ts")).login },
  { ...configured, name: "logout", provider: "optional", options: [all], load: async () => (await import("./commands/logout.ts")).logout },
  { ...configured, name: "status", provider: "none", load: async () => (await import("./commands/status.ts")).status },
  {
    ...configured,
    name: "whoami",
    provider: "optional",
    options: whoamiOptions,
    load: async () => (await import("./commands/whoami.ts")).whoami,
  },
  { ...configured, name: "get-token", provider: "required", load: async () => (await import("./commands/get-token.ts")).getToken },
  { ...plain, name: "serve", options: serveOptions, load: async () => (await import("./commands/serve.ts")).serve },
  { ...plain, name: "serve init", options: setupOptions, load: async () => (await import("./commands/serve-init.ts")).serveInit },
  {
    ...plain,
    name: "kubeconfig view",
    options: kubeconfigViewOptions,
    load: async () => (await import("./commands/kubeconfig-view.ts")).kubeconfigView,
  },
  {
    ...configured,
    name: "kubeconfig add",
    provider: "required",
    options: kubeconfigAddOptions,
    load: async () => (await import("./commands/kubeconfig-add.ts")).kubeconfigAdd,
  },
  {
    ...plain,
    name: "kubeconfig convert",
    options: kubeconfigConvertOptions,
    load: async () => (await import("./commands/kubeconfig-convert.ts")).kubeconfigConvert,
  },
  {
    ...plain,
    name: "kubeconfig audit",
    options: kubeconfigAuditOptions,
    load: async () => (await import("./commands/kubeconfig-audit.ts")).kubeconfigAudit,
  },
  {
    ...plain,
    name: "authn convert",
    hasWords: true,
    options: apiServerOptions,
    load: async () => (await import("./commands/authn-convert.ts")).authnConvert,
  },
  {
    ...plain,
    name: "authn lint",
    hasWords: true,
    options: apiServerOptions,
    load: async () => (await import("./commands/authn-lint.ts")).authnLint,
  },
  {
    ...plain,
    name: "authn explain",
    options: explainOptions,
    load: async () => (await import("./commands/authn-explain.ts")).authnExplain,
  },
  { ...plain, name: "completion", hasWords: true, load: async () => (await import("./commands/completion.ts")).completion },
  { ...plain, name: "version", load: async () => (await import("./commands/version.ts")).version },
  { ...plain, name: "help", hasWords: true, load: async () => (await import("./commands/help.ts")).help },
  { ...plain, name: "__complete", hasWords: true, isHidden: true, load: async () => (await import("./commands/complete.ts")).complete },
];

/** The command of a name; `undefined` when there is none. */
export function findCommand(name: string | undefined): CommandSpec | undefined {
  return commands.find((command) => command.name === name);
}

/** A command that words begin with, and the words after it. */
export interface SelectedCommand {
  readonly command: CommandSpec | undefined;
  readonly rest: readonly string[];
}

/** The command that words begin with; a name of two words goes before one of one. */
export function selectCommand(words: readonly string[], known: readonly CommandSpec[] = commands): SelectedCommand {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const command = words.length < count ? undefined : known.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: words.slice(count) };
  }
  return { command: undefined, rest: words.slice(1) };
}

/** The second words of commands of two, whose first is this. */
export function listSecondWords(first: string, known: readonly CommandSpec[] = commands): readonly string[] {
  return known.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));
}

/** The commands that help and completion show. */
export function visibleCommands(): readonly CommandSpec[] {
  return commands.filter((command) => command.isHidden !== true);
}
