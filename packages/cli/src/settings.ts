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
    verbosity: verbosities[choose(values["verbosity"], ["0", "1", "2"], "0")],
  };
}

const machineFlags: ReadonlySet<string> = new Set(["--non-interactive", "--non-interactive=true", "--output=json", "-ojson", "-o=json"]);

/** Whether errors must be JSON, told from what was typed and set alone: the options may be what is wrong. */
export function wantsMachineErrors(argv: readonly string[], variables: Readonly<Record<string, string | undefined>>): boolean {
  const typed = argv.some((argument, index) => {
    if (machineFlags.has(argument)) return true;
    return (argument === "--output" || argument === "-o") && argv[index + 1] === "json";
  });
  return typed || variables["KUBEPASS_OUTPUT"] === "json" || ["1", "true"].includes(variables["KUBEPASS_NON_INTERACTIVE"] ?? "");
}
