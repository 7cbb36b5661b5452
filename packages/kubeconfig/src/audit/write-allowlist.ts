import { CredentialError, isJsonObject } from "@kubepass/wire";
import { type Document, isMap, parseDocument } from "yaml";
import { decodeText } from "../decode-text.ts";
import { type LockOptions, withKubeconfigLock } from "../edit/lock-file.ts";
import { writeAtomically } from "../edit/write-atomically.ts";
import { cleanPath } from "../exec/plugin-policy.ts";
import { findFile } from "../read-file.ts";

const empty = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n";

function parseKuberc(text: string, path: string): Document {
  const document = parseDocument(text.trim() === "" ? empty : text, { uniqueKeys: true, logLevel: "error" });
  if (document.errors.length > 0 || !isMap(document.contents) || document.get("kind") !== "Preference")
    throw new CredentialError("CONFIG_INVALID", `${path} is not a Preference of kubectl`, { hint: "mend it, or move it away" });
  return document;
}

function listAllowed(document: Document): readonly string[] {
  const value: unknown = document.toJS({ maxAliasCount: 10 });
  const list: unknown = isJsonObject(value) ? value["credentialPluginAllowlist"] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const command = isJsonObject(item) ? item["command"] || item["name"] : undefined;
    return typeof command === "string" ? [command] : [];
  });
}

function readKuberc(path: string): Document {
  const bytes = findFile(path);
  return parseKuberc(bytes === undefined ? "" : decodeText(bytes), path);
}

/** The plugins that a kuberc allows already, normalized; none where there is no such file. Throws `CONFIG_INVALID`, `FILE_UNREADABLE`. */
export function readAllowlist(path: string, platform: NodeJS.Platform): readonly string[] {
  return listAllowed(readKuberc(path)).map((command) => cleanPath(command, platform));
}

/** How an allowlist is written. */
export interface AllowlistOptions extends LockOptions {
  /** Whose paths the commands are. Default `linux`. */
  readonly platform?: NodeJS.Platform | undefined;
}

/**
 * Lets kubectl (1.35 and newer) run these exec plugins and no others: writes the policy into a kuberc (KEP-3104), beside what it
 * says already; plugins that it allows stay allowed. Paths are normalized: kubectl takes no others. Resolves to all that are allowed
 * now. Throws `CONFIG_INVALID` for a file that is no kuberc or denies all plugins, `KUBECONFIG_LOCKED` and `KUBECONFIG_UNWRITABLE`.
 */
export async function writeAllowlist(
  path: string,
  commands: readonly string[],
  options: AllowlistOptions = {},
): Promise<readonly string[]> {
  const { platform = "linux" } = options;
  const write = (): readonly string[] => {
    const document = readKuberc(path);
    // Kept: who wrote that no plugin may run did not mean these.
    if (document.get("credentialPluginPolicy") === "DenyAll")
      throw new CredentialError("CONFIG_INVALID", `${path} denies all plugins, which an allowlist would undo`, {
        hint: "take credentialPluginPolicy: DenyAll out of it first, if these plugins may run",
      });
    const all = [...new Set([...listAllowed(document), ...commands].map((command) => cleanPath(command, platform)))].toSorted();
    document.set("credentialPluginPolicy", "Allowlist");
    document.set("credentialPluginAllowlist", document.createNode(all.map((command) => ({ command }))));
    writeAtomically(path, document.toString({ lineWidth: 0 }));
    return all;
  };
  return await withKubeconfigLock(path, write, options);
}
