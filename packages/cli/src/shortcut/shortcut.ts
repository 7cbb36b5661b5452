import { type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { readPrivateFile, type StoreHost } from "@kubepass/plugin-sdk";
import { execCredentialVersions, type ExecCredentialVersion, isJsonObject, type JsonObject } from "@kubepass/wire";
import { nameCall } from "./describe-call.ts";

/** What the options of a call came to: where its credential lies, and how it is printed. Holds no secret. */
export interface Shortcut {
  readonly provider: string;
  readonly key: string;
  readonly apiVersion: ExecCredentialVersion;
  /** The config file that was looked for. */
  readonly configPath: string;
  /** What it was like then: {@link describeFile}. */
  readonly configState: string;
}

/** The folder of all shortcuts; it may be removed at any time. */
export function shortcutFolder(host: Pick<StoreHost, "directories">): string {
  return join(host.directories.runtime, "shortcuts");
}

/** Where the shortcut of a call lies. */
export function shortcutPath(host: Pick<StoreHost, "directories">, call: string): string {
  return join(shortcutFolder(host), `${nameCall(call)}.json`);
}

/** {@link describeFile} of a file that was looked at already. */
export function describeStats(stats: Stats | undefined): string {
  return stats === undefined ? "absent" : [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(" ");
}

/** What tells one state of a file from another without reading it; `absent` when there is none. */
export function describeFile(path: string): string {
  return describeStats(statSync(path, { throwIfNoEntry: false }));
}

/** The text of a shortcut for its file. */
export function formatShortcut(call: string, shortcut: Shortcut): string {
  return JSON.stringify({ version: 1, call, ...shortcut });
}

/** The shortcut in a text; `undefined` when it is damaged, of another version, or of another call. */
export function parseShortcut(text: string, call: string): Shortcut | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isJsonObject(value) && value["version"] === 1 && value["call"] === call ? readMembers(value) : undefined;
}

function readMembers(value: JsonObject): Shortcut | undefined {
  const { provider, key, configPath, configState } = value;
  const apiVersion = execCredentialVersions.find((version) => version === value["apiVersion"]);
  if (typeof provider !== "string" || typeof key !== "string" || !/^[0-9a-f]{64}$/.test(key)) return undefined;
  if (typeof configPath !== "string" || typeof configState !== "string" || apiVersion === undefined) return undefined;
  return { provider, key, apiVersion, configPath, configState };
}

/** The shortcut of a call while it holds. Throws `STORE_UNSAFE` when its file or folder is not ours alone. */
export function findShortcut(host: StoreHost, call: string): Shortcut | undefined {
  const text = readPrivateFile(shortcutPath(host, call), host.environment.userId);
  const shortcut = text === undefined ? undefined : parseShortcut(text, call);
  return shortcut !== undefined && describeFile(shortcut.configPath) === shortcut.configState ? shortcut : undefined;
}
