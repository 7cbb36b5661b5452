import type { OptionValues } from "@kubepass/plugin-sdk";
import { parseEksOptions } from "@kubepass/provider-eks/options";
import { parseOidcOptions } from "@kubepass/provider-oidc/options";
import { isCredentialError, type Secret } from "@kubepass/wire";
import { listIdentityFlags } from "../credential-request.ts";
import { formatPluginStanza } from "../plugin-stanza.ts";
import { findProvider, providers } from "../registry.ts";
import { type Conversion, type Person, refuseConversion, type Surroundings } from "./conversion.ts";

/** What is known of a conversion when the old entry was understood. */
export interface Draft {
  readonly from: string;
  readonly values: OptionValues;
  /** Flags that belong to no provider. */
  readonly flags?: readonly string[];
  readonly notes: readonly string[];
  readonly todo: readonly string[];
  readonly secret?: Secret | undefined;
  readonly person?: Person | undefined;
}

const parsers = { oidc: parseOidcOptions, eks: parseEksOptions } as const;

function findProblem(provider: keyof typeof parsers, values: OptionValues): string | undefined {
  try {
    parsers[provider](values);
    return undefined;
  } catch (error) {
    if (isCredentialError(error, "CONFIG_INVALID")) return error.message;
    throw error;
  }
}

/** The conversion to a provider of kubepass; refused when the options would be. */
export function finishConversion(provider: keyof typeof parsers, draft: Draft, surroundings: Surroundings): Conversion {
  const { from, values, flags = [], notes, todo, secret, person } = draft;
  const problem = findProblem(provider, values);
  if (problem !== undefined) return refuseConversion(from, problem, `run: kubepass help get-token ${provider}`);
  const options = { values, places: new Map(), problems: [] };
  const identity = listIdentityFlags({ provider: findProvider(provider) ?? providers[0], options });
  const { command, providesClusterInfo } = surroundings;
  return {
    kind: "converted",
    from,
    to: `kubepass get-token ${provider}`,
    exec: formatPluginStanza({ command, args: ["get-token", provider, ...identity, ...flags], providesClusterInfo }),
    notes,
    todo,
    secret,
    person,
  };
}
