import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { JsonObject } from "@kubepass/wire";
import { formatVariableName } from "./global-options.ts";
import { parseStructured, parseTexts, parseVariable } from "./option-value.ts";
import type { GivenFlag } from "./parse-arguments.ts";
import type { OptionPlace, OptionSource } from "./resolve-options.ts";

/** What was typed, or stands in the arguments of a kubeconfig's exec user. */
export function createFlagSource(given: ReadonlyMap<string, GivenFlag>): OptionSource {
  return {
    find(spec) {
      const flag = given.get(spec.name);
      return flag === undefined ? undefined : { place: { kind: "flag", text: flag.flag }, outcome: parseTexts(spec, flag.texts) };
    },
  };
}

/** Environment variables `KUBEPASS_…` of one section (a provider's name), or the global ones. An empty variable counts as unset. */
export function createVariableSource(variables: Readonly<Record<string, string | undefined>>, section?: string): OptionSource {
  return {
    find(spec) {
      const name = formatVariableName(spec.name, section);
      const text = variables[name];
      return text === undefined || text === ""
        ? undefined
        : { place: { kind: "variable", text: name }, outcome: parseVariable(spec, text) };
    },
  };
}

/** A section of the config file or of the cluster extension; `isReadable` leaves out what may not be set there. */
export function createSectionSource(section: JsonObject, place: OptionPlace, isReadable: (spec: OptionSpec) => boolean): OptionSource {
  return {
    find(spec) {
      const value = Object.hasOwn(section, spec.name) ? section[spec.name] : undefined;
      if (value === undefined || value === null || !isReadable(spec)) return undefined;
      return { place: { ...place, text: `${place.text} ${spec.name}` }, outcome: parseStructured(spec, value) };
    },
  };
}
