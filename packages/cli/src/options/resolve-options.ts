import type { OptionSpec, OptionValues } from "@kubepass/plugin-sdk";
import type { ConfigFileState } from "./config-file.ts";
import type { OptionValue, ValueOutcome } from "./option-value.ts";
import { shorthands } from "./global-options.ts";

/** Where a value was given. */
export interface OptionPlace {
  readonly kind: "flag" | "variable" | "cluster" | "file";
  /** As people would name it: `--client-id`, `KUBEPASS_OIDC_CLIENT_ID`. */
  readonly text: string;
}

/** A value, or what is wrong with it, with its place. */
export interface FoundOption {
  readonly place: OptionPlace;
  readonly outcome: ValueOutcome;
}

/** One place where options may be given. */
export interface OptionSource {
  find(spec: OptionSpec): FoundOption | undefined;
}

/** Options with the place that each value came from. */
export interface ResolvedOptions {
  readonly values: OptionValues;
  readonly places: ReadonlyMap<string, OptionPlace>;
  /** One sentence for each value that cannot be used. */
  readonly problems: readonly string[];
  /** The config file that they were looked for in. */
  readonly configFile?: ConfigFileState;
}

/** No options at all, for commands that take none. */
export const noOptions: ResolvedOptions = { values: {}, places: new Map(), problems: [] };

/**
 * A source in which a switch such as `--non-interactive` stands for a value of another option, so that
 * `--interaction print` on the command line still wins over `KUBEPASS_NON_INTERACTIVE=1`. Where one source has both,
 * the switch wins: whoever adds it to a kubeconfig's arguments wants fewer windows, never more.
 */
export function expandShorthands(source: OptionSource, specs: readonly OptionSpec[]): OptionSource {
  const switches = specs.filter((spec) => Object.hasOwn(shorthands, spec.name));
  return {
    find(spec) {
      const found = source.find(spec);
      if (found !== undefined && "problem" in found.outcome) return found;
      for (const candidate of switches) {
        const shorthand = shorthands[candidate.name];
        const given = shorthand?.option === spec.name ? source.find(candidate) : undefined;
        if (shorthand !== undefined && given !== undefined && "value" in given.outcome && given.outcome.value === true) {
          return { place: given.place, outcome: { value: shorthand.value } };
        }
      }
      return found;
    },
  };
}

/** Looks for each option in one source after the other; the first that has it decides, lists and maps included. */
export function resolveOptions(specs: readonly OptionSpec[], sources: readonly OptionSource[]): ResolvedOptions {
  const values: Record<string, OptionValue> = {};
  const places = new Map<string, OptionPlace>();
  const problems: string[] = [];
  for (const spec of specs) {
    for (const source of sources) {
      const found = source.find(spec);
      if (found === undefined) continue;
      if ("problem" in found.outcome) problems.push(`${found.place.text} ${found.outcome.problem}`);
      else {
        values[spec.name] = found.outcome.value;
        places.set(spec.name, found.place);
      }
      break;
    }
  }
  return { values, places, problems };
}
