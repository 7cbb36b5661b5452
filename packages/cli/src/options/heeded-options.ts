import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { CommandSpec } from "../command.ts";
import { globalOptions } from "./global-options.ts";
import { type GivenFlag, selectOptions } from "./parse-arguments.ts";
import { resolveOptions, type ResolvedOptions } from "./resolve-options.ts";
import { createFlagSource, createVariableSource } from "./sources.ts";

// What means something to commands that neither sign in nor read the config file; they take the others, and heed none.
const outputOptions: ReadonlySet<string> = new Set(["non-interactive", "output"]);

/** The global options that a command heeds; one of its own may stand in the place of a global one. */
export function listHeededOptions(command: CommandSpec): readonly OptionSpec[] {
  return command.isConfigured ? globalOptions : globalOptions.filter(({ name }) => outputOptions.has(name));
}

// Help says what a variable may hold, and beside completions there is no place for an error.
function isDeafToVariables(command: CommandSpec): boolean {
  return command.name === "help" || command.isHidden === true;
}

/**
 * The options of a command that reads no config file: all of its flags, whether or not it heeds them, so that none with a
 * value that cannot be used passes silently; and what variables say of the global options that it heeds.
 */
export function readPlainOptions(
  command: CommandSpec,
  given: ReadonlyMap<string, GivenFlag>,
  variables: Readonly<Record<string, string | undefined>>,
): ResolvedOptions {
  const heeded = isDeafToVariables(command) ? [] : listHeededOptions(command);
  const source = createVariableSource(variables);
  const heededVariables = { find: (spec: OptionSpec) => (heeded.includes(spec) ? source.find(spec) : undefined) };
  return resolveOptions(selectOptions(command, undefined), [createFlagSource(given), heededVariables]);
}
