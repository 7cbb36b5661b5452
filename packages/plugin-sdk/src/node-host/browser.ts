import type { ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Browser } from "../host.ts";
import type { CoreDumps } from "./core-dumps.ts";

/** What opening a browser depends on. */
export interface BrowserFacts {
  readonly platform: NodeJS.Platform;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Our own variables, which may hold secrets, begin with this and are not passed on (S42). */
  readonly variablePrefix: string;
  /** See {@link CoreDumps}. */
  readonly startUnchanged?: CoreDumps["startUnchanged"];
  /** How long an opener that fails may take to end; one that still runs by then has worked. */
  readonly earlyExitMs?: number;
}

// An opener that finds no browser ends quickly with an error; one that works may stay until the browser closes.
const usualEarlyExitMs = 1_500;
const usualFolders = ["/usr/local/bin", "/usr/bin", "/bin"];
const linuxOpeners = ["xdg-open", "wslview", "x-www-browser", "sensible-browser", "www-browser"];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findProgram(name: string, facts: BrowserFacts): string | undefined {
  if (isAbsolute(name)) return isExecutable(name) ? name : undefined;
  // A GUI starts us with a PATH that lacks half of the system.
  const folders = [...(facts.variables["PATH"] ?? "").split(delimiter), ...usualFolders];
  return folders
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find((path) => isExecutable(path));
}

function findSystemCommand(facts: BrowserFacts): readonly string[] | undefined {
  if (facts.platform === "darwin") return ["/usr/bin/open"];
  if (facts.platform === "win32") return ["rundll32.exe", "url.dll,FileProtocolHandler"];
  const opener = linuxOpeners.map((name) => findProgram(name, facts)).find((path) => path !== undefined);
  return opener === undefined ? undefined : [opener];
}

/** A command with the URL in the place of `{url}`, or last. */
export function formatBrowserCommand(command: readonly string[], url: string): readonly string[] {
  if (command.some((part) => part.includes("{url}"))) return command.map((part) => part.replaceAll("{url}", url));
  return [...command, url];
}

function withoutSecrets(facts: BrowserFacts): Record<string, string | undefined> {
  const entries = Object.entries(facts.variables).filter(
    ([name]) => name !== "KUBERNETES_EXEC_INFO" && !name.startsWith(`${facts.variablePrefix}_`),
  );
  return Object.fromEntries(entries);
}

function watchStart(child: ChildProcess, patienceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), patienceMs);
    const finish = (isOpen: boolean): void => {
      clearTimeout(timer);
      resolve(isOpen);
    };
    child.once("error", () => finish(false));
    child.once("exit", (code) => finish(code === 0));
  });
}

/** Starts the person's browser; see {@link Browser}. */
export function createBrowser(facts: BrowserFacts): Browser {
  return {
    async open(url, command) {
      const chosen = command ?? findSystemCommand(facts);
      const [name, ...parts] = chosen === undefined ? [] : formatBrowserCommand(chosen, url);
      if (name === undefined) return false;
      const program = facts.platform === "win32" ? name : findProgram(name, facts);
      if (program === undefined) return false;
      // Loaded only here: the hot path opens no browser.
      const { spawn } = await import("node:child_process");
      // Nothing is inherited: a chatty browser must not write into the credential (law 1).
      const options = { detached: true, stdio: "ignore", env: withoutSecrets(facts), windowsHide: true } as const;
      const start = (): ChildProcess => spawn(program, parts, options);
      const child = facts.startUnchanged === undefined ? start() : facts.startUnchanged(start);
      const isOpen = await watchStart(child, facts.earlyExitMs ?? usualEarlyExitMs);
      child.unref();
      return isOpen;
    },
  };
}
