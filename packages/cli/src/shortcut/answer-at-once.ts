import { findEntry, type Host, isFresh } from "@kubepass/plugin-sdk";
import { formatExecCredential } from "@kubepass/wire";
import { formatBuild } from "../build-info.ts";
import { describeCall, providersWithShortcuts } from "./describe-call.ts";
import { findShortcut } from "./shortcut.ts";

function findAnswer(argv: readonly string[], host: Host): string | undefined {
  const shortcut = findShortcut(host, describeCall(formatBuild(), argv, host.environment.variables));
  const entry = shortcut === undefined ? undefined : findEntry(host, shortcut.key, shortcut.provider);
  if (shortcut === undefined || entry === undefined || !isFresh(entry, host.clock.now())) return undefined;
  if (entry.sourceFingerprint !== undefined) return undefined;
  return `${formatExecCredential(entry.credential, shortcut.apiVersion, entry.renewAt)}\n`;
}

/**
 * The line for standard output, when this very call was answered before and its credential is still fresh: nearly every
 * call of kubectl's. `undefined` sends the call the long way, which also tells whatever is wrong
 * (docs/decisions/0008-shortcut.md).
 */
export function answerAtOnce(argv: readonly string[], host: Host): string | undefined {
  if (argv[0] !== "get-token" || !providersWithShortcuts.some((name) => argv.includes(name))) return undefined;
  try {
    return findAnswer(argv, host);
  } catch {
    return undefined;
  }
}
