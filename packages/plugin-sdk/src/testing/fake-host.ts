import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { CredentialError } from "@kubepass/wire";
import type { Clock, Environment, Host, Keyring, Terminal } from "../host.ts";
import { createLog } from "../node-host/log.ts";

/** How a fake host behaves; by default a person sits at a capable terminal with a browser and a keyring. */
export interface FakeHostOptions {
  /** Share the folders of another fake host, as a second process of the same user does. */
  readonly sharedWith?: FakeHost;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly isTerminal?: boolean;
  readonly canRead?: boolean;
  /** Lines a person types, in order; then end of input. Without it reading waits until aborted. */
  readonly answers?: readonly string[];
  readonly keyring?: "present" | "absent" | "locked";
  readonly startAt?: Date;
  /** `skipping` (the default): a sleep ends at once and moves the clock. `turned`: it ends when {@link FakeHost.advance} has moved the clock far enough. */
  readonly clock?: "skipping" | "turned";
  /** Called with each URL that a browser would open; answers whether it opened. */
  readonly openBrowser?: (url: string) => boolean | Promise<boolean>;
}

/** A {@link Host} for tests: real temporary folders, a clock that moves only when told or slept on, and recorded output. */
export interface FakeHost extends Host {
  readonly root: string;
  /** Everything written to the terminal and the log (at the highest verbosity), for assertions and for searching secrets. */
  readonly output: () => string;
  readonly openedUrls: readonly string[];
  readonly keyringItems: Map<string, string>;
  /** Moves the clock. */
  advance(durationMs: number): void;
  /** Ctrl-C. */
  interrupt(): void;
  setKeyring(state: "present" | "absent" | "locked"): void;
  /** Makes the other process of the pair look dead or alive. */
  setRunning(processId: number, isRunning: boolean): void;
  remove(): void;
}

interface SharedState {
  readonly root: string;
  readonly keyringItems: Map<string, string>;
  readonly dead: Set<number>;
  readonly sleepers: Set<() => void>;
  nowMs: number;
  nextProcessId: number;
}

// Each fake host of a group shares these, as the processes of one user share a machine.
const sharedStates = new WeakMap<FakeHost, SharedState>();

function createState(options: FakeHostOptions): SharedState {
  const shared = options.sharedWith === undefined ? undefined : sharedStates.get(options.sharedWith);
  if (shared !== undefined) return shared;
  const root = mkdtempSync(join(tmpdir(), "kubepass-test-"));
  mkdirSync(join(root, "home"), { mode: 0o700 });
  const nowMs = (options.startAt ?? new Date()).getTime();
  return { root, keyringItems: new Map(), dead: new Set(), sleepers: new Set(), nowMs, nextProcessId: 1000 };
}

function createTurnedClock(state: SharedState): Clock {
  return {
    now: () => new Date(state.nowMs),
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const endMs = state.nowMs + durationMs;
        const look = (): void => {
          if (state.nowMs < endMs) return;
          state.sleepers.delete(look);
          resolve();
        };
        state.sleepers.add(look);
        signal.addEventListener("abort", () => (state.sleepers.delete(look), reject(signal.reason)), { once: true });
      }),
  };
}

function createSkippingClock(state: SharedState): Clock {
  return {
    now: () => new Date(state.nowMs),
    async sleep(durationMs, signal) {
      signal.throwIfAborted();
      const endMs = state.nowMs + durationMs;
      // Other work of the test goes on in between, as it would during a real pause.
      await new Promise((resolve) => setTimeout(resolve, 1));
      signal.throwIfAborted();
      // Many who sleep at the same time sleep through the same time.
      state.nowMs = Math.max(state.nowMs, endMs);
    },
  };
}

function createFakeKeyring(items: Map<string, string>, getState: () => "present" | "absent" | "locked"): Keyring {
  const check = (): void => {
    if (getState() === "present") return;
    throw new CredentialError("KEYRING_UNAVAILABLE", `the keyring is ${getState()}`, { hint: "unlock the keyring" });
  };
  return {
    async read(account) {
      check();
      return items.get(account);
    },
    async write(account, secret) {
      check();
      items.set(account, secret);
    },
    async remove(account) {
      check();
      items.delete(account);
    },
  };
}

function createFakeTerminal(options: FakeHostOptions, write: (text: string) => void): Terminal {
  const answers = options.answers === undefined ? undefined : [...options.answers];
  return {
    isTerminal: options.isTerminal ?? true,
    canRead: options.canRead ?? true,
    columns: 80,
    isCapable: options.isTerminal ?? true,
    write,
    async readLine(question, { signal }) {
      signal.throwIfAborted();
      write(question);
      if (answers !== undefined) return answers.shift();
      return await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
  };
}

function findUserId(): number | undefined {
  const { uid } = userInfo();
  return uid < 0 ? undefined : uid;
}

function createFakeEnvironment(options: FakeHostOptions, state: SharedState): Environment {
  return {
    variables: options.variables ?? { DISPLAY: ":0" },
    platform: options.platform ?? "linux",
    // The files of the test belong to whoever runs it.
    userId: findUserId(),
    ownProcess: { id: state.nextProcessId++, start: "1", space: "test" },
    isRunning: (other) => !state.dead.has(other.id),
  };
}

/** Makes a {@link FakeHost}; call `remove` at the end. */
export function createFakeHost(options: FakeHostOptions = {}): FakeHost {
  const state = createState(options);
  const written: string[] = [];
  const openedUrls: string[] = [];
  const write = (text: string): void => void written.push(text);
  let keyring = options.keyring ?? "present";
  const controller = new AbortController();
  const host: FakeHost = {
    root: state.root,
    environment: createFakeEnvironment(options, state),
    clock: options.clock === "turned" ? createTurnedClock(state) : createSkippingClock(state),
    directories: {
      home: join(state.root, "home"),
      config: join(state.root, "config"),
      state: join(state.root, "state"),
      cache: join(state.root, "cache"),
      runtime: join(state.root, "runtime"),
    },
    terminal: createFakeTerminal(options, write),
    browser: {
      async open(url) {
        openedUrls.push(url);
        return (await options.openBrowser?.(url)) ?? true;
      },
    },
    keyring: createFakeKeyring(state.keyringItems, () => keyring),
    log: createLog({ name: "test", verbosity: 2, format: "text", write }),
    protectMemory: () => {},
    startUnchanged: (start) => start(),
    signal: controller.signal,
    output: () => written.join(""),
    openedUrls,
    keyringItems: state.keyringItems,
    advance(durationMs) {
      state.nowMs += durationMs;
      for (const look of state.sleepers) look();
    },
    interrupt: () => controller.abort(new CredentialError("INTERRUPTED", "interrupted")),
    setKeyring: (next) => void (keyring = next),
    setRunning: (processId, isRunning) => void (isRunning ? state.dead.delete(processId) : state.dead.add(processId)),
    remove: () => rmSync(state.root, { recursive: true, force: true }),
  };
  sharedStates.set(host, state);
  return host;
}
