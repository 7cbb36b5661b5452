import type { OptionSpec } from "@kubepass/plugin-sdk";
import { commands } from "../commands.ts";
import { providers } from "../registry.ts";
import { globalOptions } from "./global-options.ts";

/** Options by flag name and alias; of two that share a name the first counts. */
export function indexOptions(specs: readonly OptionSpec[]): ReadonlyMap<string, OptionSpec> {
  const index = new Map<string, OptionSpec>();
  for (const spec of specs) {
    for (const name of [spec.name, ...(spec.aliases ?? [])]) {
      if (!index.has(name)) index.set(name, spec);
    }
  }
  return index;
}

/** Every option that any command or provider knows, by flag name and alias. */
export function indexFlags(): ReadonlyMap<string, OptionSpec> {
  const groups = [globalOptions, ...commands.map((command) => command.options), ...providers.map((provider) => provider.options)];
  return indexOptions(groups.flat());
}

/** Switches that are always there and mean the same everywhere. */
export const commonSwitches = ["help", "version", "verbose"] as const;
