import type { InteractionSetting, SessionStoreName, Verbosity } from "@kubepass/plugin-sdk";
import type { ResolvedOptions } from "./options/resolve-options.ts";
import { splitCommand } from "./options/split-command.ts";

/** Form of results. */
export type OutputForm = "text" | "json" | "yaml";

/** The global options, typed, with their defaults. */
export interface GlobalSettings {
  readonly interaction: InteractionSetting;
  readonly browserCommand: readonly string[] | undefined;
  readonly sessionStore: SessionStoreName | "auto";
  readonly isRefreshForced: boolean;
  readonly output: OutputForm;
  /** Errors are one line of JSON. */
  readonly isMachine: boolean;
  /** Nothing else is on standard error when a command fails. */
  readonly isErrorAlone: boolean;
  /** 0: warnings; 1: decisions; 2: requests. */
  readonly verbosity: Verbosity;
}

const verbosities = { "0": 0, "1": 1, "2": 2 } as const;

function choose<const T extends string>(value: unknown, choices: readonly T[], fallback: T): T {
  return choices.find((choice) => choice === value) ?? fallback;
}

/** Reads the global options. */
export function parseSettings({ values }: Pick<ResolvedOptions, "values">): GlobalSettings {
  const browserCommand = values["browser-command"];
  const output = choose(values["output"], ["text", "json", "yaml"], "text");
  return {
    interaction: choose(values["interaction"], ["auto", "open", "print", "never"], "auto"),
    browserCommand: typeof browserCommand === "string" ? splitCommand(browserCommand) : undefined,
    sessionStore: choose(values["session-store"], ["auto", "keyring", "file", "none"], "auto"),
    isRefreshForced: values["force-refresh"] === true,
    output,
    isMachine: output === "json" || values["non-interactive"] === true,
    isErrorAlone: values["non-interactive"] === true,
    verbosity: verbosities[choose(values["verbosity"], ["0", "1", "2"], "0")],
  };
}

/** How errors are told, by what was typed and set alone: the options may be what is wrong. */
export function findGivenTelling(
  argv: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Pick<GlobalSettings, "isMachine" | "isErrorAlone"> {
  const isErrorAlone =
    argv.some((argument) => argument === "--non-interactive" || argument === "--non-interactive=true") ||
    ["1", "true"].includes(variables["KUBEPASS_NON_INTERACTIVE"] ?? "");
  const isJson = argv.some((argument, index) => {
    if (argument === "--output=json" || argument === "-ojson" || argument === "-o=json") return true;
    return (argument === "--output" || argument === "-o") && argv[index + 1] === "json";
  });
  return { isErrorAlone, isMachine: isErrorAlone || isJson || variables["KUBEPASS_OUTPUT"] === "json" };
}
