import type { Log, OptionSpec } from "@kubepass/plugin-sdk";
import { hideSecretArguments } from "@kubepass/kubeconfig";
import { Secret } from "@kubepass/wire";
import type { OptionValue } from "./options/option-value.ts";
import type { ResolvedOptions } from "./options/resolve-options.ts";

/** A value without what is secret in it, such as the password of an address; a list or a map as it would be typed. */
function hideSecrets(value: OptionValue | undefined): unknown {
  if (typeof value === "string") return hideSecretArguments([value]).shown[0];
  if (typeof value !== "object") return value;
  return hideSecretArguments(Array.isArray(value) ? value : Object.entries(value).map(([key, member]) => `${key}=${member}`)).shown;
}

/** Tells where each option came from, for `-vv`. Secrets are told to have been given, and no more. */
export function logOptions(options: ResolvedOptions, specs: readonly OptionSpec[], log: Log): void {
  const secrets = new Set(specs.filter((spec) => spec.isSecret === true).map((spec) => spec.name));
  for (const [option, place] of options.places) {
    const value = options.values[option];
    log.debug("option", { option, value: secrets.has(option) ? new Secret(JSON.stringify(value)) : hideSecrets(value), from: place.text });
  }
}
