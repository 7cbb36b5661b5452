import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "@kubepass/plugin-sdk/testing";

/** How a run ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the executable. */
export interface Run {
  readonly args: readonly string[];
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What was said on standard error so far. */
  stderr(): string;
}

/** What a run has that others have not. */
export interface RunOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly spawn?: SpawnOptions;
  /** A program that runs the executable, such as `setpriv`; its path and arguments. */
  readonly through?: readonly string[];
}

/** A person's account on a machine of his own: folders, a browser, and nothing else in the environment. */
export interface User {
  readonly folder: string;
  readonly home: string;
  readonly browser: string;
  start(args: readonly string[], options?: RunOptions): Run;
  /** What the browser was started with, in order: one item for each argument. */
  opened(): readonly string[];
  /** The address that the browser was opened with for the `count`th time. */
  awaitBrowser(count?: number): Promise<string>;
  /** Paths of all files that a run left, below its folder; every digest is `KEY`, the number of a lock is `N`. */
  left(): readonly string[];
  /** The text of each such file. */
  read(): readonly { readonly path: string; readonly text: string }[];
  /** Turns the clock on for what is written in files: every instant in those below the path is earlier by so much. */
  passTime(path: string, durationMs: number): void;
  /** As a restart of the machine does: credentials and locks are gone, sessions stay. */
  forgetRuntime(): void;
  /** What is left that never may be: running programs, temporary files, files that others can read. */
  residues(): readonly string[];
  remove(): void;
}

const stores: readonly { readonly name: string; readonly path: readonly string[] }[] = [
  { name: "runtime", path: ["runtime"] },
  { name: "state", path: ["home", ".local", "state", "kubepass"] },
  { name: "cache", path: ["home", ".cache", "kubepass"] },
  { name: "config", path: ["home", ".config", "kubepass"] },
];

const browserScript = `#!/bin/sh
for argument; do printf '%s\\n' "$argument"; done >> "$(dirname "$0")/opened"
env > "$(dirname "$0")/browser-environment"
`;

const instant = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

function shiftInstant(text: string, byMs: number): string {
  return new Date(new Date(text).getTime() + byMs).toISOString();
}

function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [] : [join(entry.parentPath, entry.name)],
  );
}

/** Every program that runs with the folder in its environment, except those that cannot be looked at. */
function listPrograms(folder: string): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(join("/proc", name, "environ"), "latin1").includes(folder);
    } catch {
      return false;
    }
  });
}

function startRun(executable: string, args: readonly string[], env: Readonly<Record<string, string>>, options: RunOptions): Run {
  const [program, ...before] = options.through ?? [];
  const words = program === undefined ? args : [...before, executable, ...args];
  const child = spawn(program ?? executable, words, { env, stdio: ["ignore", "pipe", "pipe"], ...options.spawn });
  const texts = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (texts.stdout += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (texts.stderr += chunk));
  const ended = once(child, "close").then(() => ({ code: child.exitCode, signal: child.signalCode, ...texts }));
  return { args, child, ended, stderr: () => texts.stderr };
}

function findResidues(folder: string, files: readonly string[]): readonly string[] {
  const open = files.filter((path) => (lstatSync(path).mode & 0o077) !== 0).map((path) => `${path} is open to others`);
  const temporary = files.filter((path) => /\.(tmp|next|new)$|~$/.test(path)).map((path) => `${path} is temporary`);
  const running = listPrograms(folder).map((id) => `process ${id} still runs`);
  return [...open, ...temporary, ...running];
}

function listStored(folder: string): readonly { readonly path: string; readonly file: string }[] {
  return stores.flatMap(({ name, path }) => {
    const store = join(folder, ...path);
    const rename = (file: string): string =>
      `${name}${file.slice(store.length)}`.replaceAll(/[0-9a-f]{64}/g, "KEY").replace(/(locks.KEY.)\d+$/, "$1N");
    return listFiles(store).map((file) => ({ file, path: rename(file) }));
  });
}

function makeBrowser(folder: string): string {
  const browser = join(folder, "browser");
  writeFileSync(browser, browserScript);
  chmodSync(browser, 0o700);
  return browser;
}

/** A new user, without a file in any store. */
export function createUser(executable: string): User {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-program-"));
  const home = join(folder, "home");
  mkdirSync(home, { mode: 0o700 });
  const env = { HOME: home, PATH: "/usr/bin:/bin", KUBEPASS_RUNTIME_DIR: join(folder, "runtime") };
  const opened = (): readonly string[] => {
    const path = join(folder, "opened");
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  };
  const files = (): ReturnType<typeof listStored> => listStored(folder);
  return {
    folder,
    home,
    browser: makeBrowser(folder),
    start: (args, options = {}) => startRun(executable, args, { ...env, ...options.variables }, options),
    opened,
    async awaitBrowser(count = 1) {
      await waitUntil(() => opened().length >= count);
      return opened()[count - 1] ?? "";
    },
    left: () =>
      files()
        .map(({ path }) => path)
        .toSorted(),
    read: () => files().map(({ file, path }) => ({ path, text: readFileSync(file, "utf8") })),
    passTime(path, durationMs) {
      for (const each of files()) {
        if (!each.path.startsWith(path)) continue;
        writeFileSync(
          each.file,
          readFileSync(each.file, "utf8").replaceAll(instant, (text) => shiftInstant(text, -durationMs)),
        );
      }
    },
    forgetRuntime: () => rmSync(join(folder, "runtime"), { recursive: true, force: true }),
    residues: () =>
      findResidues(
        folder,
        files().map(({ file }) => file),
      ),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
