import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { JsonObject } from "@kubepass/wire";
import { globalOptions } from "../../packages/cli/src/options/global-options.ts";
import { isAllowedInFile } from "../../packages/cli/src/options/parse-config.ts";
import { providers } from "../../packages/cli/src/registry.ts";

const text: JsonObject = { type: "string" };

function describeKind(spec: OptionSpec): JsonObject {
  switch (spec.kind) {
    case "text":
      return spec.choices === undefined ? text : { type: "string", enum: [...spec.choices] };
    case "switch":
      return { type: "boolean" };
    case "seconds":
      return {
        anyOf: [
          { type: "integer", minimum: 0 },
          { type: "string", pattern: "^\\d{1,9}[smh]?$" },
        ],
      };
    case "list":
      return { anyOf: [text, { type: "array", items: text }] };
    case "map":
      return { type: "object", additionalProperties: text };
  }
}

function describeOption(spec: OptionSpec): JsonObject {
  const tail = spec.defaultText === undefined ? "" : ` (default ${spec.defaultText})`;
  return { description: `${spec.description}${tail}`, ...describeKind(spec) };
}

function describeOptions(specs: readonly OptionSpec[]): JsonObject {
  return Object.fromEntries(specs.filter(isAllowedInFile).map((spec) => [spec.name, describeOption(spec)]));
}

/** The JSON schema of config.yaml (draft 2020-12), from the tables that also make flags and help. */
export function createConfigSchema(): JsonObject {
  const sections = providers.map((provider): [string, JsonObject] => [
    provider.name,
    {
      description: `options of the provider ${provider.name}: ${provider.description}`,
      type: "object",
      additionalProperties: false,
      properties: describeOptions(provider.options),
    },
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "config.yaml of kubepass",
    description: "Options that are set neither by flag, environment variable nor kubeconfig. Secrets have no place here.",
    type: "object",
    additionalProperties: false,
    properties: { ...describeOptions(globalOptions), ...Object.fromEntries(sections) },
  };
}

/** The text of docs/config.schema.json. */
export function formatConfigSchema(): string {
  return `${JSON.stringify(createConfigSchema(), undefined, 2)}\n`;
}
