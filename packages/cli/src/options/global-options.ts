import type { OptionSpec } from "@kubepass/plugin-sdk";

/**
 * Options that mean the same for every command that signs in or shows something.
 * Variable `KUBEPASS_<NAME>`, top-level key of the config file.
 */
export const globalOptions: readonly OptionSpec[] = [
  {
    name: "interaction",
    kind: "text",
    description: "how a person may be asked: open a browser, print what to do, or never ask",
    choices: ["auto", "open", "print", "never"],
    defaultText: "auto: open a browser where there is one",
  },
  { name: "non-interactive", kind: "switch", description: "never ask anybody: fail at once, with one line of JSON on standard error" },
  {
    name: "skip-open-browser",
    kind: "switch",
    description: "the same as --interaction print",
  },
  {
    name: "browser-command",
    kind: "text",
    description: "program and arguments that open the browser; {url} is replaced, no shell is used",
    defaultText: "the system's browser",
  },
  {
    name: "session-store",
    kind: "text",
    description: "where refresh tokens are kept",
    choices: ["auto", "keyring", "file", "none"],
    aliases: ["token-cache-storage"],
    defaultText: "auto: the keyring, else a private file",
  },
  { name: "force-refresh", kind: "switch", description: "get a new credential even though the stored one is still good" },
  {
    name: "output",
    kind: "text",
    description: "form of results; json also makes errors one line of JSON",
    choices: ["text", "json", "yaml"],
    defaultText: "text",
  },
  {
    name: "verbosity",
    kind: "text",
    description: "how much to tell on standard error; -v is 1 (decisions), -vv is 2 (requests and where options came from)",
    choices: ["0", "1", "2"],
    defaultText: "0",
  },
  { name: "config", kind: "text", description: "config file", defaultText: "config.yaml in the config folder, when there is one" },
];

/** A switch that stands for one value of another option, so that both follow the same order of precedence. */
export interface Shorthand {
  readonly option: string;
  readonly value: string;
}

/** By name of the switch. */
export const shorthands: Readonly<Record<string, Shorthand>> = {
  "non-interactive": { option: "interaction", value: "never" },
  "skip-open-browser": { option: "interaction", value: "print" },
};

/** Switches with a short form. */
export const shortFlags: Readonly<Record<string, string>> = { output: "o" };

/** What is the command line of a program; it must be one. */
export const commandOptions: ReadonlySet<string> = new Set(["browser-command"]);

/** Named on the command line or by a variable only: the file cannot name itself. */
export const optionsOutsideFile: ReadonlySet<string> = new Set(["config"]);

/** The environment variable of an option; `section` is a provider's name, or absent for a global option. */
export function formatVariableName(option: string, section?: string): string {
  const words = section === undefined ? ["kubepass", option] : ["kubepass", section, option];
  return words.join("_").replaceAll("-", "_").toUpperCase();
}
