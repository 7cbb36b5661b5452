import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { CommandSpec } from "../command.ts";
import { findCommand, listSecondWords, selectCommand } from "../commands.ts";
import { findProvider, providers, type ProviderEntry } from "../registry.ts";
import { commonSwitches, indexFlags, indexOptions } from "./flag-index.ts";
import { globalOptions } from "./global-options.ts";
import { translateArgument, translateValue } from "./kubelogin-arguments.ts";
import { type FlagToken, tokenize } from "./tokenize.ts";

/** The values of one option as they were typed, and the flag that was used last. */
export interface GivenFlag {
  readonly flag: string;
  readonly texts: readonly string[];
}

/** A command line taken apart, before its values are looked at. */
export interface ParsedArguments {
  readonly command: CommandSpec | undefined;
  readonly provider: ProviderEntry | undefined;
  /** Every word that is no flag. */
  readonly typed: readonly string[];
  /** The words after the command and its provider. */
  readonly words: readonly string[];
  /** By option name, whatever alias was typed. */
  readonly given: ReadonlyMap<string, GivenFlag>;
  readonly wantsHelp: boolean;
  readonly wantsVersion: boolean;
  /** What is wrong with it: nothing may be run when there is anything. */
  readonly problems: readonly ArgumentProblem[];
}

/** One thing that is wrong; the sentences are made by `describe-problem.ts`, which the hot path never loads. */
export type ArgumentProblem =
  | { readonly kind: "unknown-command" | "unknown-provider" | "unexpected-word"; readonly word: string }
  | { readonly kind: "missing-provider" }
  | { readonly kind: "missing-second-word"; readonly first: string }
  | { readonly kind: "unknown-flag"; readonly name: string; readonly raw: string }
  | { readonly kind: "foreign-flag" | "missing-value"; readonly flag: string };

const emptyArguments: ParsedArguments = {
  command: undefined,
  provider: undefined,
  typed: [],
  words: [],
  given: new Map(),
  wantsHelp: false,
  wantsVersion: false,
  problems: [],
};

interface Words {
  readonly command: CommandSpec | undefined;
  readonly provider: ProviderEntry | undefined;
  readonly words: readonly string[];
  readonly problems: readonly ArgumentProblem[];
}

function findWordProblems(command: CommandSpec, provider: ProviderEntry | undefined, rest: readonly string[]): ArgumentProblem[] {
  if (command.hasWords) return [];
  const [first] = rest;
  if (first !== undefined)
    return [{ kind: command.provider !== "none" && provider === undefined ? "unknown-provider" : "unexpected-word", word: first }];
  return command.provider === "required" && provider === undefined ? [{ kind: "missing-provider" }] : [];
}

function findCommandProblem(words: readonly string[]): ArgumentProblem[] {
  const [first, second] = words;
  if (first === undefined) return [];
  if (listSecondWords(first).length === 0) return [{ kind: "unknown-command", word: first }];
  return [second === undefined ? { kind: "missing-second-word", first } : { kind: "unknown-command", word: `${first} ${second}` }];
}

function readWords(all: readonly string[]): Words {
  const { command, rest } = selectCommand(all);
  if (command === undefined) return { command, provider: undefined, words: rest, problems: findCommandProblem(all) };
  const provider = command.provider === "none" ? undefined : findProvider(rest[0]);
  const words = provider === undefined ? rest : rest.slice(1);
  return { command, provider, words, problems: findWordProblems(command, provider, words) };
}

/** The options that a command takes: the global ones, its own, which may take the place of a global one, and those of its provider. */
export function selectOptions(command: CommandSpec, provider: ProviderEntry | undefined): readonly OptionSpec[] {
  const ofProvider = command.provider === "none" ? [] : (provider ?? providers[0]).options;
  const global = globalOptions.filter(({ name }) => !command.options.some((own) => own.name === name));
  return [...global, ...command.options, ...ofProvider];
}

interface Flags {
  readonly given: ReadonlyMap<string, GivenFlag>;
  readonly common: ReadonlySet<string>;
  readonly problems: readonly ArgumentProblem[];
}

interface KnownFlags {
  readonly index: ReadonlyMap<string, OptionSpec>;
  /** Those that the command takes, which may share a name with another's; `undefined` while it is not known. */
  readonly allowed: ReadonlyMap<string, OptionSpec> | undefined;
}

function findSpec(name: string, { allowed, index }: KnownFlags): OptionSpec | undefined {
  return allowed?.get(name) ?? index.get(name);
}

function judgeFlag(token: FlagToken, spec: OptionSpec | undefined, known: KnownFlags): ArgumentProblem | undefined {
  if (spec === undefined) return { kind: "unknown-flag", name: token.name, raw: token.raw };
  if (known.allowed?.has(token.name) === false) return { kind: "foreign-flag", flag: token.raw };
  return spec.kind !== "switch" && token.value === undefined ? { kind: "missing-value", flag: token.raw } : undefined;
}

function readFlags(tokens: readonly FlagToken[], known: KnownFlags): Flags {
  const given = new Map<string, GivenFlag>();
  const common = new Set<string>();
  const problems: ArgumentProblem[] = [];
  let verbosity = 0;
  for (const token of tokens) {
    const isCommon = commonSwitches.some((name) => name === token.name);
    if (token.name === "verbose") verbosity += 1;
    if (isCommon) {
      common.add(token.name);
      continue;
    }
    const spec = findSpec(token.name, known);
    const problem = judgeFlag(token, spec, known);
    if (problem !== undefined) problems.push(problem);
    if (spec === undefined) continue;
    const texts = translateValue(token.name, token.value ?? "true");
    given.set(spec.name, { flag: token.raw, texts: [...(given.get(spec.name)?.texts ?? []), ...texts] });
  }
  if (verbosity > 0) given.set("verbosity", { flag: "-v", texts: [String(Math.min(verbosity, 2))] });
  return { given, common, problems };
}

/** An unknown flag without `=` may have had the next word as its value, so that word is not a second mistake. */
function hideDoubtfulWords(problems: readonly ArgumentProblem[]): readonly ArgumentProblem[] {
  const hasUnknownFlag = problems.some((problem) => problem.kind === "unknown-flag");
  return hasUnknownFlag
    ? problems.filter((problem) => problem.kind !== "unexpected-word" && problem.kind !== "unknown-provider")
    : problems;
}

/**
 * Takes a command line apart. Flags and words may stand in any order; `--` ends the flags. Never throws: what is wrong
 * is in `problems`, so that all of it can be told at once.
 */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const first = findCommand(argv[0]);
  // Whatever is to be completed is not ours to judge.
  if (first?.isHidden === true) return { ...emptyArguments, command: first, words: argv.slice(1) };
  const index = indexFlags();
  const { words: typed, flags: tokens } = tokenize(argv.map(translateArgument), index);
  const { command, provider, words, problems } = readWords(typed);
  const allowed = command === undefined ? undefined : indexOptions(selectOptions(command, provider));
  const flags = readFlags(tokens, { index, allowed });
  return {
    command,
    provider,
    typed,
    words,
    given: flags.given,
    wantsHelp: flags.common.has("help"),
    wantsVersion: flags.common.has("version"),
    problems: hideDoubtfulWords([...problems, ...flags.problems]),
  };
}
