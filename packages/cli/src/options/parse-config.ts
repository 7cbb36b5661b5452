import type { OptionSpec } from "@kubepass/plugin-sdk";
import { CredentialError, isJsonObject, type JsonObject } from "@kubepass/wire";
import { LineCounter, parseDocument } from "yaml";
import { providers } from "../registry.ts";
import { globalOptions, optionsOutsideFile } from "./global-options.ts";
import { describeNearest } from "./suggest.ts";

/** A config file taken apart, before its values are looked at. */
export interface ConfigSections {
  /** Top-level keys. */
  readonly global: JsonObject;
  /** By provider name. */
  readonly byProvider: ReadonlyMap<string, JsonObject>;
  /** Keys that nobody knows, and secrets, which do not belong into a file that people share. */
  readonly problems: readonly string[];
}

/** True for an option that may stand in the config file. */
export function isAllowedInFile(spec: OptionSpec): boolean {
  return spec.isSecret !== true && !optionsOutsideFile.has(spec.name);
}

function judgeKey(key: string, specs: readonly OptionSpec[], place: string, others: readonly string[]): string | undefined {
  const spec = specs.find((candidate) => candidate.name === key);
  if (spec === undefined) {
    const known = [...specs.filter(isAllowedInFile).map((candidate) => candidate.name), ...others];
    const alias = specs.find((candidate) => candidate.aliases?.includes(key) === true);
    return `${place} has an unknown key ${JSON.stringify(key)}${alias === undefined ? describeNearest(key, known) : ` (did you mean ${alias.name}?)`}`;
  }
  if (spec.isSecret === true)
    return `${place} must not hold ${key}: a secret comes from a file, a command or standard input (see \`kubepass help security\`)`;
  return isAllowedInFile(spec) ? undefined : `${place} cannot set ${key}`;
}

function parseYaml(text: string, path: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const { line, col } = lines.linePos(mistake.pos[0]);
    // The parser's own text may quote the file.
    throw new CredentialError("CONFIG_INVALID", `${path}:${line}:${col} is not valid YAML (${mistake.code})`);
  }
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    throw new CredentialError("CONFIG_INVALID", `${path} uses YAML aliases too much or wrongly`, { cause: error });
  }
}

/** Reads a config file's text. Throws `CONFIG_INVALID` when it is no YAML object. */
export function parseConfig(text: string, path: string): ConfigSections {
  const value = parseYaml(text, path) ?? {};
  if (!isJsonObject(value)) throw new CredentialError("CONFIG_INVALID", `${path} is not an object of options`);
  const names = providers.map((provider) => provider.name);
  const keys = Object.keys(value).filter((key) => !names.includes(key));
  const problems = keys.flatMap((key) => judgeKey(key, globalOptions, path, names) ?? []);
  const byProvider = new Map<string, JsonObject>();
  for (const provider of providers) {
    const section = value[provider.name] ?? {};
    const place = `${path} ${provider.name}:`;
    if (!isJsonObject(section)) problems.push(`${place} is not an object of options`);
    else {
      byProvider.set(provider.name, section);
      problems.push(...Object.keys(section).flatMap((key) => judgeKey(key, provider.options, place, []) ?? []));
    }
  }
  return { global: value, byProvider, problems };
}
