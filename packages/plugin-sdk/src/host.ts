import type { Directories, ProcessIdentity } from "@kubepass/storage";

export type { Directories, ProcessIdentity } from "@kubepass/storage";

/**
 * Everything a plugin touches outside its own memory, in one object, so that a test can hand in another.
 *
 * Terminal: people are spoken to through `terminal.write`, which is standard error; standard output
 * belongs to the ExecCredential alone. Text from outside goes through `formatPrintable` first.
 * Log: `warn` is always shown and tells what a person can act on; `info` (-v) tells decisions;
 * `debug` (-vv) tells requests by method, host, path, status and duration. No level shows a secret:
 * messages are constant texts, and facts go into the fields.
 */
export interface Host {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly directories: Directories;
  readonly terminal: Terminal;
  readonly browser: Browser;
  readonly keyring: Keyring;
  readonly log: Log;
  /** Keeps memory out of core dumps where that can be had. It takes a system call or two, so the hot path does without. */
  protectMemory(): void;
  /** Starts a program that is none of ours, within `start`: it would inherit what {@link Host.protectMemory} chose, and its core dumps are its own matter. */
  startUnchanged<T>(start: () => T): T;
  /** Aborted by Ctrl-C or a termination signal. Every wait must end at once when it is. */
  readonly signal: AbortSignal;
}

/** What the process was started with. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The numeric user id; `undefined` on Windows. */
  readonly userId: number | undefined;
  readonly ownProcess: ProcessIdentity;
  /** Whether a process that once said this of itself still runs; `undefined` when that cannot be known from here. */
  isRunning(other: ProcessIdentity): boolean | undefined;
}

/** Time, so that a test can turn it. */
export interface Clock {
  now(): Date;
  /** Resolves after the time has passed; rejects with the signal's reason when aborted before. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

/** The person's terminal, if there is one. */
export interface Terminal {
  /** Standard error is a terminal: a person may be reading. */
  readonly isTerminal: boolean;
  /** Standard input is a terminal: a person may answer. */
  readonly canRead: boolean;
  /** Width in columns; 80 where unknown. */
  readonly columns: number;
  /** Colours and drawing characters are welcome (a terminal, no NO_COLOR, TERM is not dumb). */
  readonly isCapable: boolean;
  write(text: string): void;
  /** One line without its end; `undefined` at end of input. `hidden` turns the echo off. Rejects with the signal's reason when aborted. */
  readLine(question: string, options: { readonly hidden?: boolean; readonly signal: AbortSignal }): Promise<string | undefined>;
}

/** The person's browser. */
export interface Browser {
  /**
   * Starts the browser and returns without waiting for it to end. Its standard output never reaches ours.
   * `command` is a program with arguments; `{url}` in an argument is replaced, else the URL comes last.
   * Resolves to `false` when no browser could be started.
   */
  open(url: string, command?: readonly string[]): Promise<boolean>;
}

/** The operating system's secret store. Each method throws `KEYRING_UNAVAILABLE` when it is absent, locked or mute. */
export interface Keyring {
  read(account: string): Promise<string | undefined>;
  write(account: string, secret: string): Promise<void>;
  remove(account: string): Promise<void>;
}

/** Facts that go with a log line. A secret belongs in a `Secret`, which prints as `[secret]`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Three levels; what each is for is said at {@link Host}. */
export interface Log {
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}
