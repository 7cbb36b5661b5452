import { readdirSync, rmSync } from "node:fs";
import { deriveCacheKey, type Host, type Provider, readPrivateFile, writePrivateFile } from "@kubepass/plugin-sdk";
import { isCredentialError, parseExecInfo } from "@kubepass/wire";
import { formatBuild } from "../build-info.ts";
import type { Invocation } from "../command.ts";
import type { ConfigFileState } from "../options/config-file.ts";
import { formatVariableName } from "../options/global-options.ts";
import { providers } from "../registry.ts";
import { parseSettings } from "../settings.ts";
import { describeCall, providersWithShortcuts } from "./describe-call.ts";
import { formatShortcut, shortcutFolder, shortcutPath } from "./shortcut.ts";

// Far more than anybody's kubeconfig holds: whoever has more makes up new arguments for each call.
const maxShortcuts = 200;
// A file that changed just now may change again without looking any different.
const settledMs = 3_000;

/** Whether the text of the call would hold something that belongs in no file (S41). */
function holdsSecret(invocation: Invocation, call: string): boolean {
  const { host, parsed } = invocation;
  const { variables } = host.environment;
  const isGiven = providers.some(({ name, options }) =>
    options.some(
      (spec) => spec.isSecret === true && (parsed.given.has(spec.name) || variables[formatVariableName(spec.name, name)] !== undefined),
    ),
  );
  return isGiven || /\/\/[^/?#\s"]*@/.test(call);
}

function isSettled({ state, readAt }: ConfigFileState): boolean {
  const changedMs = state.split(" ").slice(3).map(Number);
  return changedMs.every((ms) => readAt.getTime() - ms > settledMs);
}

/** Whether the next call of the same text must do no more than print what lies in the cache. */
function isPlain(invocation: Invocation, provider: Provider): boolean {
  // Whether its sources are as they were is found out only the long way.
  if (provider.sourceFingerprint !== undefined) return false;
  const settings = parseSettings(invocation.options);
  return providersWithShortcuts.includes(invocation.provider.name) && !settings.isRefreshForced && settings.verbosity === 0;
}

function writeShortcut(invocation: Invocation, provider: Provider): void {
  const { host, options } = invocation;
  const { variables, userId } = host.environment;
  const call = describeCall(formatBuild(), invocation.argv, variables);
  const { configFile } = options;
  if (configFile === undefined || holdsSecret(invocation, call) || !isSettled(configFile)) return;
  const { apiVersion } = parseExecInfo(variables["KUBERNETES_EXEC_INFO"]);
  const key = deriveCacheKey(provider.name, provider.identity);
  const { path: configPath, state: configState } = configFile;
  const text = formatShortcut(call, { provider: provider.name, key, apiVersion, configPath, configState });
  const path = shortcutPath(host, call);
  if (readPrivateFile(path, userId) === text) return;
  writePrivateFile(path, text, userId);
  if (readdirSync(shortcutFolder(host)).length > maxShortcuts) forgetShortcuts(host);
}

/** Removes all of them; each costs one call the long way. One that cannot be removed leads nowhere once its credential is gone. */
export function forgetShortcuts(host: Pick<Host, "directories">): void {
  try {
    rmSync(shortcutFolder(host), { recursive: true, force: true });
  } catch {
    // Nothing depends on it.
  }
}

/** Remembers what the options of this call came to, for `answerAtOnce`. A store that cannot be used costs the shortcut only. */
export function rememberShortcut(invocation: Invocation, provider: Provider): void {
  if (!isPlain(invocation, provider)) return;
  try {
    writeShortcut(invocation, provider);
  } catch (error) {
    invocation.host.log.debug("this call is not remembered", { reason: isCredentialError(error) ? error.message : String(error) });
  }
}
