import type { Host, OptionSpec } from "@kubepass/plugin-sdk";
import type { JsonObject, JsonValue } from "@kubepass/wire";
import type { ProviderEntry } from "../registry.ts";
import { isAllowedFromCluster, judgeClusterChoice, parseClusterExtension } from "./cluster-extension.ts";
import { type ConfigFileState, findConfigText } from "./config-file.ts";
import { globalOptions } from "./global-options.ts";
import type { ConfigSections } from "./parse-config.ts";
import type { GivenFlag } from "./parse-arguments.ts";
import { expandShorthands, type OptionSource, resolveOptions, type ResolvedOptions } from "./resolve-options.ts";
import { createFlagSource, createSectionSource, createVariableSource } from "./sources.ts";

/** Where options are gathered from. */
export interface GatherRequest {
  readonly given: ReadonlyMap<string, GivenFlag>;
  readonly provider: ProviderEntry;
  /** Options of the command alone. */
  readonly own: readonly OptionSpec[];
  /** The cluster extension, untrusted. */
  readonly clusterConfig: JsonValue | undefined;
}

const noSections: ConfigSections = { global: {}, byProvider: new Map(), problems: [] };

interface LoadedSections extends ConfigSections {
  readonly path: string;
  readonly configFile: ConfigFileState;
}

async function loadSections(flags: OptionSource, variables: OptionSource, host: Host): Promise<LoadedSections> {
  const named = resolveOptions(
    globalOptions.filter((spec) => spec.name === "config"),
    [flags, variables],
  ).values["config"];
  const { text, ...configFile } = findConfigText(typeof named === "string" ? named : undefined, host);
  if (text === undefined) return { ...noSections, path: "", configFile };
  // YAML costs milliseconds, and most people have no config file.
  const { parseConfig } = await import("./parse-config.ts");
  return { ...parseConfig(text, configFile.path), path: configFile.path, configFile };
}

function merge(parts: readonly ResolvedOptions[], more: readonly string[]): ResolvedOptions {
  return {
    values: Object.fromEntries(parts.flatMap((part) => Object.entries(part.values))),
    places: new Map(parts.flatMap((part) => [...part.places])),
    problems: [...more, ...parts.flatMap((part) => part.problems)],
  };
}

function isAny(): boolean {
  return true;
}

/**
 * Every option with its place: flags (which are also the arguments in a kubeconfig), then environment variables, then
 * the cluster extension, then the config file. Defaults are the business of whoever reads a value.
 * Throws `CONFIG_INVALID`, `POLICY_REFUSED` or `FILE_UNREADABLE` for a source that cannot be used at all.
 */
export async function gatherOptions(request: GatherRequest, host: Host): Promise<ResolvedOptions> {
  const { provider } = request;
  const { variables } = host.environment;
  const flags = createFlagSource(request.given);
  const globalVariables = createVariableSource(variables);
  const cluster: JsonObject = parseClusterExtension(request.clusterConfig, provider);
  const sections = await loadSections(flags, globalVariables, host);
  const globalSources = [flags, globalVariables, createSectionSource(sections.global, { kind: "file", text: sections.path }, isAny)];
  const providerSources = [
    flags,
    createVariableSource(variables, provider.name),
    createSectionSource(cluster, { kind: "cluster", text: "the cluster's extension" }, isAllowedFromCluster),
    createSectionSource(sections.byProvider.get(provider.name) ?? {}, { kind: "file", text: `${sections.path} ${provider.name}:` }, isAny),
  ];
  const providerOptions = resolveOptions(provider.options, providerSources);
  judgeClusterChoice(providerOptions, provider.options);
  const merged = merge(
    [
      resolveOptions(
        globalOptions,
        globalSources.map((source) => expandShorthands(source, globalOptions)),
      ),
      providerOptions,
      resolveOptions(request.own, [flags]),
    ],
    sections.problems,
  );
  return { ...merged, configFile: sections.configFile };
}
