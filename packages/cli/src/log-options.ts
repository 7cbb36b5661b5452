import type { Log, OptionSpec } from "@kubepass/plugin-sdk";
import { hideSecretArguments } from "@kubepass/kubeconfig";
import { Secret } from "@kubepass/wire";
import { commandOptions } from "./options/global-options.ts";
import type { OptionValue } from "./options/option-value.ts";
import type { ResolvedOptions } from "./options/resolve-options.ts";
import { splitCommand } from "./options/split-command.ts";

/** A value without what is secret in it, such as the password of an address; a list, a map or a command as its words. */
function hideSecrets(option: string, value: OptionValue | undefined): unknown {
  // Beside which word a secret stands is plain only when the words are told apart.
  if (typeof value === "string" && commandOptions.has(option)) return hideSecretArguments(splitCommand(value)).shown;
  if (typeof value === "string") return hideSecretArguments([value]).shown[0];
  if (typeof value !== "object") return value;
  return hideSecretArguments(Array.isArray(value) ? value : Object.entries(value).map(([key, member]) => `${key}=${member}`)).shown;
}

/** Tells where each option came from, for `-vv`. Secrets are told to have been given, and no more. */
export function logOptions(options: ResolvedOptions, specs: readonly OptionSpec[], log: Log): void {
  const secrets = new Set(specs.filter((spec) => spec.isSecret === true).map((spec) => spec.name));
  for (const [option, place] of options.places) {
    const value = options.values[option];
    const shown = secrets.has(option) ? new Secret(JSON.stringify(value)) : hideSecrets(option, value);
    log.debug("option", { option, value: shown, from: place.text });
  }
}
