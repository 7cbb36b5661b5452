import type { CredentialRequest, OptionSpec, Provider } from "@kubepass/plugin-sdk";
import { CredentialError, isCredentialError, parseExecInfo, type JsonObject, type JsonValue } from "@kubepass/wire";
import type { Invocation } from "./command.ts";
import type { OptionValue } from "./options/option-value.ts";
import { parseSettings } from "./settings.ts";
import { quoteForShell } from "./shell-quote.ts";

/** The provider for the options. Throws one `CONFIG_INVALID` for all problems, wherever they were found. */
export async function createProvider(invocation: Invocation): Promise<Provider> {
  const { options, provider } = invocation;
  const problems = [...options.problems];
  try {
    const isSessionKept = parseSettings(options).sessionStore !== "none";
    // A refresh token that nobody keeps is not asked for.
    const created = await provider.create(
      isSessionKept ? options.values : { ...options.values, "no-offline-access": true },
      invocation.host,
    );
    if (problems.length === 0) return created;
  } catch (error) {
    if (!isCredentialError(error, "CONFIG_INVALID")) throw error;
    problems.push(...(error.problems ?? [error.message]));
  }
  throw createOptionsError(problems, invocation, ` ${provider.name}`);
}

function createOptionsError(problems: readonly string[], { program, parsed }: Invocation, topic = ""): CredentialError {
  return new CredentialError("CONFIG_INVALID", "", {
    problems,
    hint: `run: ${program} help ${parsed.command?.name ?? "version"}${topic}`,
  });
}

/** For commands that need no provider: throws one `CONFIG_INVALID` for every value that cannot be used, rather than go on without it. */
export function checkOptions(invocation: Invocation): void {
  const { problems } = invocation.options;
  if (problems.length > 0) throw createOptionsError(problems, invocation);
}

function formatFlag(spec: OptionSpec, value: OptionValue): readonly string[] {
  const flag = `--${spec.name}`;
  if (value === true) return [flag];
  if (Array.isArray(value)) return value.map((item) => `${flag}=${item}`);
  if (typeof value === "object") return Object.entries(value).map(([key, member]) => `${flag}=${key}=${member}`);
  return [`${flag}=${String(value)}`];
}

/** The flags of an identity, as typed. What variables and the config file say is left out, since it holds there too; so are secrets. */
export function listIdentityFlags({ provider, options }: Pick<Invocation, "provider" | "options">): readonly string[] {
  return provider.options.flatMap((spec) => {
    const value = options.values[spec.name];
    const place = options.places.get(spec.name)?.kind;
    const isElsewhere = place === "variable" || place === "file";
    return value === undefined || spec.isSecret === true || isElsewhere ? [] : formatFlag(spec, value);
  });
}

/** The command with which a person signs in for the same identity, by {@link listIdentityFlags}. */
export function formatLoginCommand(invocation: Invocation): string {
  return [invocation.program, "login", invocation.provider.name, ...listIdentityFlags(invocation).map(quoteForShell)].join(" ");
}

function isTextList(value: OptionValue): value is readonly string[] {
  return Array.isArray(value);
}

function toJson(value: OptionValue): JsonValue {
  return isTextList(value) ? [...value] : value;
}

/** The options of a sign-in that may be kept: none that is a secret. */
function selectRecordedOptions(invocation: Invocation): JsonObject {
  const { provider, options } = invocation;
  const members = provider.options.flatMap((spec): [string, JsonValue][] => {
    const value = options.values[spec.name];
    return value === undefined || spec.isSecret === true ? [] : [[spec.name, toJson(value)]];
  });
  return Object.fromEntries(members);
}

/** What the pipeline is asked for. */
export function createRequest(invocation: Invocation, provider: Provider): CredentialRequest {
  const settings = parseSettings(invocation.options);
  return {
    provider,
    execInfo: parseExecInfo(invocation.host.environment.variables["KUBERNETES_EXEC_INFO"]),
    settings: {
      interaction: settings.interaction,
      browserCommand: settings.browserCommand,
      sessionStore: settings.sessionStore,
      isRefreshForced: settings.isRefreshForced,
      loginHint: `run: ${formatLoginCommand(invocation)}`,
      recordedOptions: selectRecordedOptions(invocation),
    },
  };
}
