import { isDeepStrictEqual } from "node:util";
import { CredentialError } from "@kubepass/wire";
import type { Document } from "yaml";
import { decodeText } from "../decode-text.ts";
import { type LockOptions, withKubeconfigLock } from "../edit/lock-file.ts";
import { writeAtomically } from "../edit/write-atomically.ts";
import { findAllowlist, parseKuberc, parsePluginPolicy } from "../exec/load-plugin-policy.ts";
import { cleanPath } from "../exec/plugin-policy.ts";
import { findNamedFile } from "../read-file.ts";

const empty = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n";

function refuse(path: string): CredentialError {
  return new CredentialError("CONFIG_INVALID", `${path} cannot take an allowlist`, {
    hint: "write it without anchors and aliases, or move it away",
  });
}

function readKuberc(path: string): NonNullable<ReturnType<typeof parseKuberc>> {
  const bytes = findNamedFile(path, "a kuberc");
  const text = bytes === undefined ? "" : decodeText(bytes);
  const kuberc = parseKuberc(text.trim() === "" ? empty : text, path);
  if (kuberc === undefined) throw refuse(path);
  return kuberc;
}

function clean(commands: readonly string[], platform: NodeJS.Platform): readonly string[] {
  return commands.map((command) => cleanPath(command, platform));
}

/** The plugins that a kuberc allows already, normalized; none where there is no such file. Throws `CONFIG_INVALID`, `FILE_UNREADABLE`. */
export function readAllowlist(path: string, platform: NodeJS.Platform): readonly string[] {
  return clean(findAllowlist(readKuberc(path).value, path) ?? [], platform);
}

/** The text with the list in it, in which kubectl will find it. */
function formatAllowlist(document: Document, commands: readonly string[], path: string, platform: NodeJS.Platform): string {
  let text: string;
  try {
    document.set("credentialPluginPolicy", "Allowlist");
    document.set("credentialPluginAllowlist", document.createNode(commands.map((command) => ({ command }))));
    text = document.toString({ lineWidth: 0 });
  } catch {
    // What was replaced had an anchor that the rest needs.
    throw refuse(path);
  }
  const policy = parsePluginPolicy(text, path, platform);
  if (!isDeepStrictEqual(policy, { type: "Allowlist", allowlist: commands })) throw refuse(path);
  return text;
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
    const { document, value } = readKuberc(path);
    // Kept: who wrote that no plugin may run did not mean these.
    if (value["credentialPluginPolicy"] === "DenyAll")
      throw new CredentialError("CONFIG_INVALID", `${path} denies all plugins, which an allowlist would undo`, {
        hint: "take credentialPluginPolicy: DenyAll out of it first, if these plugins may run",
      });
    const all = [...new Set(clean([...(findAllowlist(value, path) ?? []), ...commands], platform))].toSorted();
    writeAtomically(path, formatAllowlist(document, all, path, platform));
    return all;
  };
  return await withKubeconfigLock(path, write, options);
}
