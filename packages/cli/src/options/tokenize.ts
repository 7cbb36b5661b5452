import type { OptionSpec } from "@kubepass/plugin-sdk";
import { commonSwitches } from "./flag-index.ts";
import { shortFlags } from "./global-options.ts";

/** A flag as it was typed. */
export interface FlagToken {
  /** With its dashes. */
  readonly raw: string;
  /** Without them; of a short flag that is known the long one. */
  readonly name: string;
  /** `undefined` where none was given. */
  readonly value: string | undefined;
}

/** Arguments taken apart. */
export interface Tokens {
  readonly words: readonly string[];
  readonly flags: readonly FlagToken[];
}

const longNames: ReadonlyMap<string, string> = new Map([
  ["h", "help"],
  ["v", "verbose"],
  ...Object.entries(shortFlags).map(([name, short]): [string, string] => [short, name]),
]);

function takesValue(name: string, index: ReadonlyMap<string, OptionSpec>): boolean {
  const kind = commonSwitches.some((common) => common === name) ? "switch" : (index.get(name)?.kind ?? "switch");
  return kind !== "switch";
}

/** `-abc`: switches, of which the last may take a value, in the same argument or in the next. */
function splitShortFlags(argument: string, index: ReadonlyMap<string, OptionSpec>): FlagToken[] {
  const tokens: FlagToken[] = [];
  for (let at = 1; at < argument.length; at += 1) {
    const short = argument.charAt(at);
    const name = longNames.get(short) ?? short;
    const raw = `-${short}`;
    const rest = argument.slice(at + 1);
    if (rest !== "" && takesValue(name, index)) return [...tokens, { raw, name, value: rest.startsWith("=") ? rest.slice(1) : rest }];
    tokens.push({ raw, name, value: undefined });
  }
  return tokens;
}

function splitLongFlag(argument: string): FlagToken {
  // `--=` is a strange flag rather than one without a name.
  const sign = argument.indexOf("=", 3);
  const raw = sign === -1 ? argument : argument.slice(0, sign);
  return { raw, name: raw.slice(2), value: sign === -1 ? undefined : argument.slice(sign + 1) };
}

/** The flags in an argument; none in a word. */
function splitArgument(argument: string, index: ReadonlyMap<string, OptionSpec>): FlagToken[] {
  if (argument.length < 2 || !argument.startsWith("-")) return [];
  return argument.startsWith("--") ? [splitLongFlag(argument)] : splitShortFlags(argument, index);
}

/** Whether an argument may be the value of the flag before it: `-5` may, another flag that was typed while the value was forgotten may not. */
function isValue(argument: string | undefined): argument is string {
  return argument !== undefined && !/^--?[a-z]/i.test(argument);
}

/**
 * Takes arguments apart: `--name=value`, `--name value`, `-n value`, `-nvalue`, `-n=value`, switches together as `-abc`, and
 * nothing but words after `--`. Which flags take a value, `index` says; any other takes only what stands behind its `=`.
 * Node's `parseArgs` does nearly the same for nearly a millisecond of each call (docs/decisions/0002-argument-parsing.md).
 */
export function tokenize(argv: readonly string[], index: ReadonlyMap<string, OptionSpec>): Tokens {
  const words: string[] = [];
  const flags: FlagToken[] = [];
  const terminator = argv.indexOf("--");
  const open = terminator === -1 ? argv : argv.slice(0, terminator);
  for (let at = 0; at < open.length; at += 1) {
    const argument = open[at] ?? "";
    const tokens = splitArgument(argument, index);
    const last = tokens.pop();
    if (last === undefined) words.push(argument);
    else flags.push(...tokens, last);
    if (last === undefined || last.value !== undefined || !takesValue(last.name, index)) continue;
    const next = open[at + 1];
    if (!isValue(next)) continue;
    flags[flags.length - 1] = { ...last, value: next };
    at += 1;
  }
  return { words: [...words, ...argv.slice(open.length + 1)], flags };
}
