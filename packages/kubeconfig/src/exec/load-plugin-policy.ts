import { lstatSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import { readNamedText } from "@kubepass/storage";
import { CredentialError, isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import type { ClientHost } from "../client-host.ts";
import { judgePluginPolicy, type PluginPolicy } from "./plugin-policy.ts";

function refuse(path: string, what: string): CredentialError {
  return new CredentialError("CONFIG_INVALID", `${path} ${what}`, {
    hint: "mend it, or set KUBERC=off to go without its credential plugin policy",
  });
}

function findText(object: JsonObject, key: string, path: string): string {
  const value = object[key] ?? "";
  if (typeof value !== "string") throw refuse(path, `has a ${key} that is not a text`);
  return value;
}

function parseEntry(value: JsonValue, path: string): string {
  if (!isJsonObject(value)) throw refuse(path, "has an allowlist entry that is not an object");
  // `name` is what `command` was called in Kubernetes 1.35.
  const [command, name] = [findText(value, "command", path), findText(value, "name", path)];
  if (command !== "" && name !== "" && command !== name) throw refuse(path, "has an allowlist entry whose command and name differ");
  return command === "" ? name : command;
}

function parseAllowlist(value: JsonValue | undefined, path: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw refuse(path, "has a credentialPluginAllowlist that is not a list");
  return value.map((entry: JsonValue) => parseEntry(entry, path));
}

/** The commands that a kuberc allows; `undefined` when it has no list. Throws `CONFIG_INVALID`. */
export function findAllowlist(kuberc: JsonObject, path: string): readonly string[] | undefined {
  return parseAllowlist(kuberc["credentialPluginAllowlist"], path);
}

function evaluate(document: Document, path: string): unknown {
  if (document.errors.length > 0) throw refuse(path, "is not YAML");
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch {
    throw refuse(path, "is not YAML that is safe to read");
  }
}

/** The text of a kuberc as it stands, and what it says; `undefined` when it says nothing. Throws `CONFIG_INVALID`. */
export function parseKuberc(text: string, path: string): { readonly document: Document; readonly value: JsonObject } | undefined {
  const document = parseDocument(text, { uniqueKeys: true, logLevel: "error" });
  const value = evaluate(document, path);
  if (value === null || value === undefined) return undefined;
  if (!isJsonObject(value) || value["kind"] !== "Preference") throw refuse(path, "is not a Preference");
  if (!findText(value, "apiVersion", path).startsWith("kubectl.config.k8s.io/"))
    throw refuse(path, "has another apiVersion than kubectl.config.k8s.io");
  return { document, value };
}

/**
 * The plugin policy in the text of a kuberc (`kubectl.config.k8s.io`, KEP-3104); `undefined` when it says nothing of plugins.
 * Throws `CONFIG_INVALID` for a text that is no kuberc or contradicts itself.
 */
export function parsePluginPolicy(text: string, path: string, platform: NodeJS.Platform): PluginPolicy | undefined {
  const kuberc = parseKuberc(text, path);
  if (kuberc === undefined) return undefined;
  const policy = { type: findText(kuberc.value, "credentialPluginPolicy", path), allowlist: findAllowlist(kuberc.value, path) };
  judgePluginPolicy(policy, platform);
  return policy.type === "" ? undefined : policy;
}

function findPath(explicit: string | undefined, host: ClientHost): { readonly path: string; readonly isDefault: boolean } | undefined {
  const { variables, platform } = host.environment;
  const given = explicit || variables["KUBERC"];
  if (given === "off") return undefined;
  if (given) return { path: given, isDefault: false };
  const home = variables["HOME"] || (platform === "win32" ? variables["USERPROFILE"] : undefined);
  return home ? { path: join(home, ".kube", "kuberc"), isDefault: true } : undefined;
}

// A link that leads nowhere, or a folder that may not be entered, hides a policy: only what is certainly absent is none.
function isMissing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return error instanceof Error && Reflect.get(error, "code") === "ENOTDIR";
  }
}

/**
 * The plugin policy that kubectl would follow: of the given kuberc, else of `$KUBERC` (`off` for none), else of `~/.kube/kuberc`
 * where there is one. Unlike kubectl, a broken default file is an error: a policy must not fail open.
 * Throws `FILE_UNREADABLE`, `CONFIG_INVALID`.
 */
export function loadPluginPolicy(host: ClientHost, explicit?: string): PluginPolicy | undefined {
  const found = findPath(explicit, host);
  if (found === undefined || (found.isDefault && isMissing(found.path))) return undefined;
  return parsePluginPolicy(readNamedText(found.path, "the kuberc"), found.path, host.environment.platform);
}
