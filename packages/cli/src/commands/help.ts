import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { findCommand, visibleCommands } from "../commands.ts";
import { formatCommandHelp, formatOverview, type HelpLayout } from "../help/format-help.ts";
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
  if (!parsed.wantsHelp || parsed.command === undefined || parsed.command.name === "help") return parsed.words;
  return [parsed.command.name, ...(parsed.provider === undefined ? [] : [parsed.provider.name])];
}

/** `kubepass help [command | topic]`, and `--help` anywhere. */
export function help(invocation: Invocation): Promise<number> {
  const layout = chooseLayout(invocation);
  const [name, providerName] = listWords(invocation);
  if (name === undefined) return showOverview(invocation);
  const topic = topics.find((candidate) => candidate.name === name);
  const command = findCommand(name);
  if (topic !== undefined) invocation.stdout.write(`${topic.format(layout.width)}\n`);
  else if (command !== undefined && command.isHidden !== true)
    invocation.stdout.write(formatCommandHelp(command, findProvider(providerName), layout));
  else {
    const known = [...visibleCommands().map((candidate) => candidate.name), ...topics.map((candidate) => candidate.name)];
    throw new CredentialError("USAGE_INVALID", `no help about ${formatPrintable(name, 60)}${describeNearest(name, known)}`, {
      hint: `run: ${invocation.program} help`,
    });
  }
  return Promise.resolve(0);
}
