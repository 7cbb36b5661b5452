import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { CommandSpec, Invocation } from "../command.ts";
import { listSecondWords, selectCommand, visibleCommands } from "../commands.ts";
import { formatCommandHelp, formatGroupHelp, formatOverview, formatProviderHelp, type HelpLayout } from "../help/format-help.ts";
import { topics } from "../help/topics.ts";
import { describeNearest } from "../options/suggest.ts";
import { findProvider, providers } from "../registry.ts";

// Long lines are hard to read, however wide the window is.
const maxWidth = 110;

function chooseLayout(invocation: Invocation): HelpLayout {
  return { program: invocation.program, width: Math.max(40, Math.min(maxWidth, invocation.host.terminal.columns)) };
}

/** What `kubepass` alone shows. */
export function showOverview(invocation: Invocation): Promise<number> {
  invocation.stdout.write(formatOverview(chooseLayout(invocation)));
  return Promise.resolve(0);
}

function listWords(invocation: Invocation): readonly string[] {
  const { parsed } = invocation;
  return parsed.wantsHelp && parsed.command?.name !== "help" ? parsed.typed : parsed.words;
}

function describeUnknown(words: readonly string[], program: string): CredentialError {
  const name = words.join(" ");
  const known = [...visibleCommands(), ...providers, ...topics].map((candidate) => candidate.name);
  return new CredentialError("USAGE_INVALID", `no help about ${formatPrintable(name, 60)}${describeNearest(name, known)}`, {
    hint: `run: ${program} help`,
  });
}

/** Whether words follow a command that mean nothing to `help`. Beside `--help` they may be arguments of the command. */
function hasStrayWords(rest: readonly string[], command: CommandSpec, { parsed }: Invocation): boolean {
  const isProviderNamed = command.provider !== "none" && findProvider(rest[0]) !== undefined;
  return parsed.command?.name === "help" && rest.length > (isProviderNamed ? 1 : 0);
}

/** `kubepass help [command [provider] | provider | topic]`, and `--help` anywhere. */
export function help(invocation: Invocation): Promise<number> {
  const layout = chooseLayout(invocation);
  const words = listWords(invocation);
  const [first, ...others] = words;
  if (first === undefined) return showOverview(invocation);
  const topic = topics.find((candidate) => candidate.name === first);
  const provider = findProvider(first);
  const { command, rest } = selectCommand(words);
  if (command !== undefined && hasStrayWords(rest, command, invocation)) throw describeUnknown(words, invocation.program);
  if (provider !== undefined) invocation.stdout.write(formatProviderHelp(provider, layout));
  else if (topic !== undefined) invocation.stdout.write(`${topic.format(layout.width)}\n`);
  else if (command !== undefined && command.isHidden !== true)
    invocation.stdout.write(formatCommandHelp(command, findProvider(rest[0]), layout));
  else if (others.length === 0 && listSecondWords(first).length > 0) invocation.stdout.write(formatGroupHelp(first, layout));
  else throw describeUnknown(words, invocation.program);
  return Promise.resolve(0);
}
