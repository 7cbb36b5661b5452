import { createLockHost, findDirectories, formatVariablePrefix, systemClock } from "@kubepass/storage";
import { CredentialError } from "@kubepass/wire";
import type { Environment, Host, Log } from "../host.ts";
import { createBrowser } from "./browser.ts";
import { createCoreDumps } from "./core-dumps.ts";
import { createKeyring } from "./keyring.ts";
import { createLog, type Verbosity } from "./log.ts";
import { createTerminal } from "./terminal.ts";

/** How a host presents itself. */
export interface HostOptions {
  /** The plugin's own name: of its folders, its keyring items, its log lines, and (in capitals) of its variables. */
  readonly name: string;
  readonly verbosity?: Verbosity;
  readonly logFormat?: "text" | "json";
  /** Changes the log, such as {@link holdWarnings}. */
  readonly adaptLog?: (log: Log) => Log;
}

/** Keeps the first result: some facts cost a file access that the hot path does without. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function createEnvironment(running: NodeJS.Process): Environment {
  const facts = createLockHost(running).environment;
  return {
    variables: running.env,
    platform: running.platform,
    userId: facts.userId,
    get ownProcess() {
      return facts.ownProcess;
    },
    isRunning: (other) => facts.isRunning(other),
  };
}

function watchSignals(running: NodeJS.Process): { readonly signal: AbortSignal; interrupt(): void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    // Twice means now.
    if (controller.signal.aborted) running.exit(130);
    controller.abort(new CredentialError("INTERRUPTED", "interrupted"));
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) running.on(name, interrupt);
  return { signal: controller.signal, interrupt };
}

/**
 * The real {@link Host} of a program; `running` is the `process` that its `main.ts` hands in. What costs time (signals,
 * keyring, terminal) is made at first use.
 */
export function createHost(running: NodeJS.Process, options: HostOptions): Host {
  const { name, verbosity = 0, logFormat = "text", adaptLog = (log): Log => log } = options;
  const environment = createEnvironment(running);
  const coreDumps = createCoreDumps(running.platform);
  const signals = once(() => watchSignals(running));
  const directories = once(() => findDirectories(running, name, environment.userId));
  return {
    environment,
    clock: systemClock,
    get directories() {
      return directories();
    },
    terminal: createTerminal({
      get stdin() {
        return running.stdin;
      },
      get stderr() {
        return running.stderr;
      },
      variables: running.env,
      interrupt: () => signals().interrupt(),
    }),
    browser: createBrowser({
      platform: running.platform,
      variables: running.env,
      variablePrefix: formatVariablePrefix(name),
      startUnchanged: (start) => coreDumps.startUnchanged(start),
    }),
    keyring: createKeyring(name),
    log: adaptLog(createLog({ name, verbosity, format: logFormat, write: (line) => running.stderr.write(line) })),
    protectMemory: () => coreDumps.empty(),
    startUnchanged: (start) => coreDumps.startUnchanged(start),
    get signal() {
      return signals().signal;
    },
  };
}
