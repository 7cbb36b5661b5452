import { join, posix, win32 } from "node:path";
import { cleanPath, type Finding, type Kubeconfig, readAllowlist, writeAllowlist } from "@kubepass/kubeconfig";
import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError, formatPrintable } from "@kubepass/wire";

/** What an allowlist came to. */
export interface WrittenAllowlist {
  readonly allowed: readonly string[];
  /** The plugins that it was not given, because of a risk. */
  readonly leftOut: readonly string[];
  /** Of the plugins with a risk those that it had already: a risk each. */
  readonly findings: readonly Finding[];
}

interface JudgedCommands {
  readonly trusted: readonly string[];
  readonly distrusted: readonly string[];
}

/** Whether kubectl may take one command for the other: it looks for a name without a folder in PATH. */
function mayBeSame(left: string, right: string, platform: NodeJS.Platform): boolean {
  if (left === right) return true;
  const isWindows = platform === "win32";
  const nameOf = (command: string): string => (isWindows ? win32 : posix).basename(command);
  const comparable = (command: string): string =>
    isWindows
      ? nameOf(command)
          .toLowerCase()
          .replace(/\.\w+$/, "")
      : nameOf(command);
  return (nameOf(left) === left || nameOf(right) === right) && comparable(left) === comparable(right);
}

/** kubectl compares the command alone, not arguments or variables: a risk for one user is a risk for all. */
function judgeCommands({ users }: Kubeconfig, findings: readonly Finding[], platform: NodeJS.Platform): JudgedCommands {
  const risky = new Set(findings.filter(({ level, code }) => level === "risk" && code !== "SECRET_IN_FILE").map(({ subject }) => subject));
  const plugins = [...users].flatMap(([name, { exec }]) =>
    exec === undefined || exec.command === "" ? [] : [{ command: cleanPath(exec.command, platform), isRisky: risky.has(`users/${name}`) }],
  );
  const bad = plugins.filter(({ isRisky }) => isRisky).map(({ command }) => command);
  const all = [...new Set(plugins.map(({ command }) => command))].toSorted();
  const distrusted = all.filter((command) => bad.some((each) => mayBeSame(each, command, platform)));
  return { trusted: all.filter((command) => !distrusted.includes(command)), distrusted };
}

function findPath({ directories, environment }: Host): string {
  const given = environment.variables["KUBERC"];
  if (given === "off")
    throw new CredentialError("CONFIG_INVALID", "KUBERC=off: kubectl would not read the allowlist", { hint: "unset KUBERC" });
  return given || join(directories.home, ".kube", "kuberc");
}

function list(commands: readonly string[]): string {
  return commands.map((command) => formatPrintable(command, 120)).join(", ");
}

/**
 * Writes the plugins that nothing was said against into kuberc, and says which ones were left out. What somebody has allowed
 * already stays, with a finding where it has a risk. Throws as `writeAllowlist`, and `CONFIG_INVALID` when nothing can be allowed.
 */
export async function writeTrusted(kubeconfig: Kubeconfig, findings: readonly Finding[], host: Host): Promise<WrittenAllowlist> {
  const { platform } = host.environment;
  const path = findPath(host);
  const { trusted, distrusted } = judgeCommands(kubeconfig, findings, platform);
  const kept = readAllowlist(path, platform).filter((entry) => distrusted.some((command) => mayBeSame(command, entry, platform)));
  if (trusted.length === 0) {
    const why = distrusted.length === 0 ? "none is named" : `a risk was found for ${list(distrusted)}`;
    const already = kept.length === 0 ? "" : `; ${path} allows ${list(kept)} already: take it out unless you mean it`;
    throw new CredentialError("CONFIG_INVALID", `there is no plugin that could be allowed: ${why}`, {
      hint: `kubectl compares commands alone, and an empty allowlist is not valid${already}`,
    });
  }
  const allowed = await writeAllowlist(path, trusted, { signal: host.signal, platform });
  const { terminal } = host;
  terminal.write(`kubepass: kubectl may run these plugins and no others, by ${path}: ${list(allowed)}\n`);
  if (distrusted.length > 0) terminal.write(`kubepass: warning: not added, because of a risk that was found: ${list(distrusted)}\n`);
  return { allowed, leftOut: distrusted, findings: kept.map((command) => createFinding(command, path)) };
}

function createFinding(command: string, path: string): Finding {
  const text = `kubectl may run ${formatPrintable(command, 120)}, for which a risk was found; it was allowed before, and stays`;
  return { level: "risk", code: "ALLOWED_WITH_RISK", subject: path, file: path, text, hint: "take it out of the file unless you mean it" };
}
