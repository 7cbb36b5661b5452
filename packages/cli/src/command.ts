import type { Host, OptionSpec } from "@kubepass/plugin-sdk";
import type { ParsedArguments } from "./options/parse-arguments.ts";
import type { ResolvedOptions } from "./options/resolve-options.ts";
import type { ProviderEntry } from "./registry.ts";

/** Where results go: standard output. */
export interface Output {
  /** Throws `OUTPUT_FAILED` when nobody reads any more or the disk is full. */
  write(text: string): void;
  /**
   * Writes without holding up whatever else goes on, however late the reader is; resolves when more may come. Rejects with
   * `OUTPUT_FAILED`. Where it is missing, `write` does not hold anything up.
   */
  writeLater?(text: string): Promise<void>;
}

/** One command of the executable, as far as the hot path needs to know it; its help text is in `help/`. */
export interface CommandSpec {
  /** One word, or two as in `kubeconfig view`. */
  readonly name: string;
  /** Whether the name of a provider follows. */
  readonly provider: "required" | "optional" | "none";
  /** Whether further words may follow. */
  readonly hasWords: boolean;
  /** Whether options are gathered from variables, cluster and config file before the command runs. */
  readonly isConfigured: boolean;
  /** Options of this command alone: flags without variable or config key. */
  readonly options: readonly OptionSpec[];
  /** Left out of help and completion. */
  readonly isHidden?: boolean;
  /** Loads the command's code. */
  readonly load: () => Promise<CommandCode>;
}

/** The code of a command: resolves to the exit code, throws `CredentialError`. */
export type CommandCode = (invocation: Invocation) => Promise<number>;

/** What runs the program. */
export interface Runtime {
  readonly name: "bun" | "node";
  readonly version: string;
  readonly architecture: string;
  /** The file that runs: the executable, or the script that Node was started with. */
  readonly programFile: string;
  /** Signals a process, or with a negative id a process group. Throws when nobody is there. */
  kill(id: number, signal: NodeJS.Signals): void;
}

/** What a command is run with. */
export interface Invocation {
  readonly host: Host;
  readonly stdout: Output;
  /** As {@link Output.writeLater} to standard error, for what runs long; without it, the terminal is written to. */
  readonly writeErrorLater?: ((text: string) => Promise<void>) | undefined;
  readonly runtime: Runtime;
  /** What the person typed: `kubepass`, or `kubectl pass`. */
  readonly program: string;
  /** The arguments after the program's own name, as they came. */
  readonly argv: readonly string[];
  readonly parsed: ParsedArguments;
  /** The provider that was named, else the first of the registry. */
  readonly provider: ProviderEntry;
  /** Of all places when the command {@link CommandSpec.isConfigured}, else its flags and the variables that it heeds. */
  readonly options: ResolvedOptions;
}
