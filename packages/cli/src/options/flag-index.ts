import type { OptionSpec } from "@kubepass/plugin-sdk";
import { commands } from "../commands.ts";
import { providers } from "../registry.ts";
import { globalOptions } from "./global-options.ts";

/** Every option that any command or provider knows, by flag name and alias. */
export function indexFlags(): ReadonlyMap<string, OptionSpec> {
  const index = new Map<string, OptionSpec>();
  const groups = [globalOptions, ...commands.map((command) => command.options), ...providers.map((provider) => provider.options)];
  for (const spec of groups.flat()) {
    for (const name of [spec.name, ...(spec.aliases ?? [])]) {
      if (!index.has(name)) index.set(name, spec);
    }
  }
  return index;
}

/** Switches that are always there and mean the same everywhere. */
export const commonSwitches = ["help", "version", "verbose"] as const;
