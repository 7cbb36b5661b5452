import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { listSecondWords, selectCommand, visibleCommands } from "../commands.ts";
import { formatCommandHelp, formatGroupHelp, formatOverview, type HelpLayout } from "../help/format-help.ts";
import { topics } from "../help/topics.ts";
import { describeNearest } from "../options/suggest.ts";
import { findProvider } from "../registry.ts";

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
  const known = [...visibleCommands(), ...topics].map((candidate) => candidate.name);
  return new CredentialError("USAGE_INVALID", `no help about ${formatPrintable(name, 60)}${describeNearest(name, known)}`, {
    hint: `run: ${program} help`,
  });
}

/** `kubepass help [command | topic]`, and `--help` anywhere. */
export function help(invocation: Invocation): Promise<number> {
  const layout = chooseLayout(invocation);
  const words = listWords(invocation);
  const [first, ...others] = words;
  if (first === undefined) return showOverview(invocation);
  const topic = topics.find((candidate) => candidate.name === first);
  const { command, rest } = selectCommand(words);
  if (topic !== undefined) invocation.stdout.write(`${topic.format(layout.width)}\n`);
  else if (command !== undefined && command.isHidden !== true)
    invocation.stdout.write(formatCommandHelp(command, findProvider(rest[0]), layout));
  else if (others.length === 0 && listSecondWords(first).length > 0) invocation.stdout.write(formatGroupHelp(first, layout));
  else throw describeUnknown(words, invocation.program);
  return Promise.resolve(0);
}
