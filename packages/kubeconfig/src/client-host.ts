import { isatty } from "node:tty";
import type { NetworkHost } from "@kubepass/network";
import { systemClock } from "./system-clock.ts";

/** Calls back when a time has passed, and never keeps the process alive for it; the function that comes back calls it off. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

/** What a client of clusters touches outside its own memory, in one object, so that a test can hand in another. */
export interface ClientHost extends NetworkHost {
  readonly clock: NetworkHost["clock"] & { readonly schedule: Schedule };
  /** Whether standard input is a terminal: what decides whether a plugin may ask a person. */
  isInputTerminal(): boolean;
  /** Writes to standard error. */
  writeError(text: string): void;
  /** False where the runtime's HTTP/2 client joins repeated headers into one, as older ones of Bun do: HTTP/1.1 is spoken there. */
  readonly canSpeakHttp2: boolean;
  /** Signals a process group, if anybody is left in it. Without it a plugin that is stopped leaves behind what it has started. */
  readonly signalGroup?: ((id: number, signal: NodeJS.Signals) => void) | undefined;
  /** Starts a plugin, within `start`, without what this process chose for itself and its children would inherit. */
  readonly startUnchanged?: (<T>(start: () => T) => T) | undefined;
}

/** A {@link ClientHost.signalGroup} of `process.kill`. */
export function createGroupSignal(kill: (id: number, signal: NodeJS.Signals) => unknown): NonNullable<ClientHost["signalGroup"]> {
  return (id, signal) => {
    try {
      kill(-id, signal);
    } catch {
      // Nobody is left.
    }
  };
}

// The first whose HTTP/2 client was found to do everything that is asked of Node's.
const firstGoodBun = [1, 4, 5];

/** Whether a runtime's HTTP/2 client can be used, by its `process.versions`. */
export function judgeHttp2(versions: { readonly bun?: string | undefined }): boolean {
  const numbers = versions.bun?.split(".").map((text) => Number.parseInt(text, 10));
  if (numbers === undefined) return true;
  const at = firstGoodBun.findIndex((number, index) => number !== numbers[index]);
  return at === -1 || (numbers[at] ?? 0) > (firstGoodBun[at] ?? 0);
}

/** How a client presents itself. */
export interface ClientHostOptions {
  /** Gets the lines of the log, one warning or fact each, without a secret; by default warnings go to standard error. */
  readonly log?: ClientHost["log"] | undefined;
}

/** The real {@link ClientHost} of a program; `running` is its `process`. Nothing is read or opened until it is needed. */
export function createClientHost(running: NodeJS.Process, options: ClientHostOptions = {}): ClientHost {
  const writeError = (text: string): void => void running.stderr.write(text);
  return {
    environment: { variables: running.env, platform: running.platform },
    clock: systemClock,
    log: options.log ?? { warn: (message) => writeError(`kubeconfig: ${message}\n`), debug: () => {} },
    isInputTerminal: () => isatty(0),
    writeError,
    canSpeakHttp2: judgeHttp2({ bun: running.versions["bun"] }),
    signalGroup: createGroupSignal((id, signal) => running.kill(id, signal)),
  };
}
