import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { CommandSpec } from "../command.ts";
import { visibleCommands } from "../commands.ts";
import { getCommandText } from "../help/format-help.ts";
import { topics } from "../help/topics.ts";
import { indexFlags } from "../options/flag-index.ts";
import { globalOptions, shortFlags } from "../options/global-options.ts";
import { listHeededOptions } from "../options/heeded-options.ts";
import { parseArguments, type ParsedArguments, selectOptions } from "../options/parse-arguments.ts";
import { providers } from "../registry.ts";
import { completionShells } from "./shells.ts";

/** One way to go on. */
export interface Candidate {
  readonly text: string;
  readonly description: string;
}

/** What could come next, or the wish for file names. */
export type Completions = { readonly kind: "words"; readonly candidates: readonly Candidate[] } | { readonly kind: "files" };

function listWords(candidates: readonly Candidate[], current: string): Completions {
  return { kind: "words", candidates: candidates.filter((candidate) => candidate.text.startsWith(current)) };
}

function isFileOption(spec: OptionSpec): boolean {
  return (
    spec.name.endsWith("-file") || ["certificate-authority", "config", "local-server-certificate", "local-server-key"].includes(spec.name)
  );
}

function listValues(spec: OptionSpec, current: string, prefix: string): Completions {
  if (isFileOption(spec)) return { kind: "files" };
  const candidates = (spec.choices ?? []).map((choice) => ({ text: `${prefix}${choice}`, description: "" }));
  return listWords(candidates, `${prefix}${current}`);
}

function listFlags(parsed: ParsedArguments, current: string): Completions {
  const { command } = parsed;
  const heeded = command === undefined ? [] : listHeededOptions(command);
  const taken = command === undefined ? [] : selectOptions(command, parsed.provider);
  const specs = taken.filter((spec) => heeded.includes(spec) || !globalOptions.includes(spec));
  const common = [
    { text: "--help", description: "explain the command" },
    { text: "--version", description: "which kubepass this is" },
  ];
  return listWords([...specs.map((spec) => ({ text: `--${spec.name}`, description: spec.description })), ...common], current);
}

function listProviders(): readonly Candidate[] {
  return providers.map(({ name, description }) => ({ text: name, description }));
}

function listArguments(command: CommandSpec, parsed: ParsedArguments): readonly Candidate[] {
  if (command.provider !== "none" && parsed.provider === undefined) return listProviders();
  // A name of two words is offered word by word: as one, shells would quote it.
  if (command.name === "help" && parsed.words.length > 0) return [...listNextWords(parsed.words), ...listProvidersOf(parsed.words)];
  if (parsed.words.length > 0) return [];
  if (command.name === "completion") return completionShells.map((shell) => ({ text: shell, description: "" }));
  if (command.name !== "help") return [];
  return [...listNextWords([]), ...listProviders(), ...topics.map(({ name, summary }) => ({ text: name, description: summary }))];
}

/** The providers whose options the help of a command can be about. */
function listProvidersOf(words: readonly string[]): readonly Candidate[] {
  const command = visibleCommands().find(({ name }) => name === words.join(" "));
  return command === undefined || command.provider === "none" ? [] : listProviders();
}

function listCommands(): readonly Candidate[] {
  return visibleCommands().map((command) => ({ text: command.name, description: getCommandText(command).summary }));
}

/** The next word of every command that begins with these words. */
function listNextWords(words: readonly string[]): readonly Candidate[] {
  const begin = words.map((word) => `${word} `).join("");
  const next = new Map<string, string>();
  for (const { text, description } of listCommands()) {
    const [word, ...others] = text.startsWith(begin) ? text.slice(begin.length).split(" ") : [];
    if (word === undefined || next.has(word)) continue;
    next.set(word, others.length === 0 ? description : `${others.join(" ")} …`);
  }
  return [...next].map(([text, description]) => ({ text, description }));
}

function findWaitingFlag(word: string | undefined): OptionSpec | undefined {
  if (word === undefined || !word.startsWith("-") || word.includes("=")) return undefined;
  const name = word.startsWith("--") ? word.slice(2) : Object.entries(shortFlags).find(([, short]) => short === word.slice(1))?.[0];
  const spec = name === undefined ? undefined : indexFlags().get(name);
  return spec?.kind === "switch" ? undefined : spec;
}

/** What could come next after some words; the last of them is the one being typed, and may be empty. Pure. */
export function findCompletions(words: readonly string[]): Completions {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const waiting = findWaitingFlag(before.at(-1));
  if (waiting !== undefined) return listValues(waiting, current, "");
  const [, flag, value] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
  const spec = flag === undefined ? undefined : indexFlags().get(flag);
  if (spec !== undefined) return listValues(spec, value ?? "", `--${flag}=`);
  const parsed = parseArguments(before);
  if (current.startsWith("-")) return listFlags(parsed, current);
  const candidates = parsed.command === undefined ? listNextWords(parsed.typed) : listArguments(parsed.command, parsed);
  return listWords(candidates, current);
}
