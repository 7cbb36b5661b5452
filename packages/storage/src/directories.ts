import { lstatSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, posix, win32 } from "node:path";

/** Absolute folders. None of them needs to exist. */
export interface Directories {
  readonly home: string;
  /** `config.yaml` lies here. */
  readonly config: string;
  /** Sessions and their index: survives a reboot. */
  readonly state: string;
  /** What can be fetched again, such as discovery documents: may be deleted at any time. */
  readonly cache: string;
  /** Credentials, locks and attempts: private, gone after a reboot where the system has such a folder. */
  readonly runtime: string;
}

/** What the folders depend on. */
export interface DirectoryFacts {
  /** The plugin's own name: the last part of each folder, and the prefix of the variables that override them. */
  readonly name: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly userId: number | undefined;
  /** Whether the system's own runtime folder of this user exists and is his. */
  isOwnDirectory(path: string): boolean;
}

/** The prefix of a plugin's environment variables: `KUBEPASS` for `kubepass`. */
export function formatVariablePrefix(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}

type Kind = "config" | "state" | "cache" | "runtime";

function findVariable(facts: DirectoryFacts, name: string): string | undefined {
  const value = facts.variables[name];
  // The XDG specification says that a relative path is to be ignored.
  return value !== undefined && (isAbsolute(value) || win32.isAbsolute(value)) ? value : undefined;
}

function findOverride(facts: DirectoryFacts, kind: Kind): string | undefined {
  return findVariable(facts, `${formatVariablePrefix(facts.name)}_${kind.toUpperCase()}_DIR`);
}

function resolveWindows(facts: DirectoryFacts): Record<Kind, string> {
  const roaming = findVariable(facts, "APPDATA") ?? win32.join(facts.home, "AppData", "Roaming");
  const local = findVariable(facts, "LOCALAPPDATA") ?? win32.join(facts.home, "AppData", "Local");
  const own = win32.join(local, facts.name);
  return {
    config: win32.join(roaming, facts.name),
    state: win32.join(own, "state"),
    cache: win32.join(own, "cache"),
    runtime: win32.join(own, "runtime"),
  };
}

function findSystemRuntime(facts: DirectoryFacts): string | undefined {
  const given = findVariable(facts, "XDG_RUNTIME_DIR");
  if (given !== undefined && facts.isOwnDirectory(given)) return given;
  if (facts.platform !== "linux" || facts.userId === undefined) return undefined;
  // A GUI's or cron's empty environment must find the same folder as a shell.
  const usual = `/run/user/${facts.userId}`;
  return facts.isOwnDirectory(usual) ? usual : undefined;
}

function resolvePosix(facts: DirectoryFacts): Record<Kind, string> {
  const base = (variable: string, fallback: string): string =>
    posix.join(findVariable(facts, variable) ?? posix.join(facts.home, fallback), facts.name);
  const cache = base("XDG_CACHE_HOME", ".cache");
  const runtime = findSystemRuntime(facts);
  return {
    config: base("XDG_CONFIG_HOME", ".config"),
    state: base("XDG_STATE_HOME", ".local/state"),
    cache,
    runtime: runtime === undefined ? posix.join(cache, "runtime") : posix.join(runtime, facts.name),
  };
}

/**
 * Where a plugin keeps its files: XDG folders on Linux and macOS, Known Folders on Windows, each overridden by
 * `<NAME>_CONFIG_DIR`, `<NAME>_STATE_DIR`, `<NAME>_CACHE_DIR` and `<NAME>_RUNTIME_DIR`. Pure but for `isOwnDirectory`.
 */
export function resolveDirectories(facts: DirectoryFacts): Directories {
  const usual = facts.platform === "win32" ? resolveWindows(facts) : resolvePosix(facts);
  const choose = (kind: Kind): string => findOverride(facts, kind) ?? usual[kind];
  return { home: join(facts.home), config: choose("config"), state: choose("state"), cache: choose("cache"), runtime: choose("runtime") };
}

function isOwnDirectory(path: string, userId: number | undefined): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.isDirectory() && (userId === undefined || stats.uid === userId);
}

/**
 * The first of these folders that is absolute; the root folder where none is: a container's made-up user has neither `HOME` nor an
 * entry in the list of users. There nothing can be written as a rule, which costs what it costs anywhere: warnings.
 */
export function chooseHome(...sources: readonly (() => string)[]): string {
  for (const find of sources) {
    try {
      const home = find();
      if (isAbsolute(home)) return home;
    } catch {
      // The system does not know the user.
    }
  }
  return "/";
}

/** The folders of a program with this name, for the user who runs it; `running` is its `process`. */
export function findDirectories(running: Pick<NodeJS.Process, "env" | "platform">, name: string, userId: number | undefined): Directories {
  const { env: variables, platform } = running;
  const home = chooseHome(homedir, () => userInfo().homedir);
  return resolveDirectories({ name, variables, platform, home, userId, isOwnDirectory: (path) => isOwnDirectory(path, userId) });
}
