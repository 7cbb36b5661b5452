import type { OptionSpec } from "@kubepass/plugin-sdk";
import { CredentialError, formatPrintable } from "@kubepass/wire";
import { listSecondWords, visibleCommands } from "../commands.ts";
import { findProvider, providers } from "../registry.ts";
import { indexFlags } from "./flag-index.ts";
import { explainFlag } from "./kubelogin-arguments.ts";
import { type ArgumentProblem, type ParsedArguments, selectOptions } from "./parse-arguments.ts";
import { describeNearest } from "./suggest.ts";

function listFlags(parsed: ParsedArguments): readonly string[] {
  const specs: readonly OptionSpec[] =
    parsed.command === undefined ? [...indexFlags().values()] : selectOptions(parsed.command, parsed.provider);
  return ["help", "version", ...specs.flatMap((spec) => [spec.name, ...(spec.aliases ?? [])])];
}

function describeUnknown(what: string, word: string, known: readonly string[]): string {
  return `unknown ${what} ${formatPrintable(word, 60)}${describeNearest(word, known)}`;
}

function describeUnknownProvider(word: string): string {
  const names = listNames(providers);
  const isNearOne = describeNearest(word, names) !== "";
  return `${describeUnknown("provider", word, names)}${isNearOne ? "" : `; there are ${names.join(", ")}`}`;
}

// What this program calls signing in and out everywhere but in its commands.
const otherNames: ReadonlyMap<string, string> = new Map([
  ["sign-in", "login"],
  ["signin", "login"],
  ["sign-out", "logout"],
  ["signout", "logout"],
]);

function describeUnknownCommand(word: string): string {
  const [first = "", second] = word.split(" ");
  const seconds = listSecondWords(first);
  if (second !== undefined && seconds.length > 0) {
    const nearest = describeNearest(second, seconds, `${first} `);
    return `unknown command ${formatPrintable(word, 60)}${nearest === "" ? `; there are ${seconds.join(", ")}` : nearest}`;
  }
  const names = listNames(visibleCommands());
  const meant = [otherNames.get(word) ?? [], names.filter((name) => name.endsWith(` ${word}`))].flat();
  if (meant.length > 0) return `unknown command ${formatPrintable(word, 60)} (did you mean ${meant.join(" or ")}?)`;
  return describeUnknown("command", word, names);
}

function describeUnknownFlag(name: string, raw: string, parsed: ParsedArguments): string {
  const flag = formatPrintable(raw, 60);
  if (raw === "-V") return `unknown flag ${flag} (did you mean --version?)`;
  const reason = explainFlag(name);
  return reason === undefined ? `unknown flag ${flag}${describeNearest(name, listFlags(parsed), "--")}` : `${flag}: ${reason}`;
}

type FlagProblem = Extract<ArgumentProblem, { readonly kind: "unknown-flag" | "foreign-flag" | "missing-value" }>;
type WordProblem = Exclude<ArgumentProblem, FlagProblem>;

function describeFlag(problem: FlagProblem, command: string, parsed: ParsedArguments): string {
  switch (problem.kind) {
    case "unknown-flag":
      return describeUnknownFlag(problem.name, problem.raw, parsed);
    case "foreign-flag":
      return `${problem.flag} does not belong to ${command}`;
    case "missing-value":
      return `${problem.flag} needs a value (write ${problem.flag}=… for one that begins with a dash)`;
  }
}

function describeWord(problem: WordProblem, command: string): string {
  switch (problem.kind) {
    case "unknown-command":
      return findProvider(problem.word) === undefined
        ? describeUnknownCommand(problem.word)
        : `${problem.word} is a provider, not a command: say login ${problem.word}, or get-token ${problem.word}`;
    case "unknown-provider":
      return describeUnknownProvider(problem.word);
    case "missing-provider":
      return `${command} needs a provider: ${listNames(providers).join(", ")}`;
    case "missing-second-word":
      return `${problem.first} needs one of: ${listSecondWords(problem.first).join(", ")}`;
    case "unexpected-word":
      return `unexpected argument ${formatPrintable(problem.word, 60)}`;
  }
}

function isFlagProblem(problem: ArgumentProblem): problem is FlagProblem {
  return problem.kind === "unknown-flag" || problem.kind === "foreign-flag" || problem.kind === "missing-value";
}

function describe(problem: ArgumentProblem, parsed: ParsedArguments): string {
  const command = parsed.command?.name ?? "the command";
  return isFlagProblem(problem) ? describeFlag(problem, command, parsed) : describeWord(problem, command);
}

function listNames(named: readonly { readonly name: string }[]): readonly string[] {
  return named.map(({ name }) => name);
}

/** What `help` knows most about: the command, else what the first word has to do with. */
function findTopic({ command, provider, typed }: ParsedArguments): string {
  const [first] = typed;
  if (command !== undefined) return provider === undefined ? command.name : `${command.name} ${provider.name}`;
  if (first === undefined) return "";
  return listSecondWords(first).length > 0 || findProvider(first) !== undefined ? first : "";
}

/** One `USAGE_INVALID` for everything that is wrong with a command line. */
export function describeProblems(parsed: ParsedArguments, program: string): CredentialError {
  const topic = findTopic(parsed);
  return new CredentialError("USAGE_INVALID", "", {
    problems: parsed.problems.map((problem) => describe(problem, parsed)),
    hint: `run: ${program} help${topic === "" ? "" : ` ${topic}`}`,
  });
}
