import { posix, win32 } from "node:path";
import { CredentialError } from "@kubepass/wire";
import { findProgram, hasFolder, nameOf, type ProgramPlaces, type ProgramSearch } from "./find-program.ts";

/** Which credential plugins may run, as kuberc says it (KEP-3104). */
export interface PluginPolicy {
  /** `AllowAll`, `DenyAll` or `Allowlist`; `""` is `AllowAll`. */
  readonly type: string;
  /** Commands, only with `Allowlist`: an absolute path, or a name that PATH leads to. */
  readonly allowlist?: readonly string[] | undefined;
}

function refuseMisconfigured(what: string): CredentialError {
  return new CredentialError("CONFIG_INVALID", `the credential plugin policy is misconfigured: ${what}`, {
    hint: "see credentialPluginPolicy and credentialPluginAllowlist of kuberc",
  });
}

/** The shortest path that means the same, without looking at files: Go's `filepath.Clean`. */
export function cleanPath(path: string, platform: NodeJS.Platform): string {
  const isWindows = platform === "win32";
  const clean = (isWindows ? win32 : posix).normalize(path);
  const isRoot = clean.length === 1 || (isWindows && /^[a-z]:\\$/i.test(clean));
  return isRoot ? clean : clean.replace(isWindows ? /\\$/ : /\/$/, "");
}

function judgeAllowlist(list: readonly string[] | undefined, platform: NodeJS.Platform): void {
  if (list === undefined) throw refuseMisconfigured("it is Allowlist, but there is no allowlist");
  if (list.length === 0) throw refuseMisconfigured("the allowlist is empty; use DenyAll instead");
  for (const [index, entry] of list.entries()) {
    if (entry === "") throw refuseMisconfigured(`allowlist entry #${index + 1} is empty`);
    const clean = cleanPath(entry, platform);
    if (clean !== entry)
      throw refuseMisconfigured(`allowlist entry ${JSON.stringify(entry)} is not normalized: write ${JSON.stringify(clean)}`);
  }
}

/** Throws `CONFIG_INVALID` for a policy that contradicts itself; client-go's `ValidatePluginPolicy`. */
export function judgePluginPolicy(policy: PluginPolicy, platform: NodeJS.Platform): void {
  if (policy.type === "Allowlist") return judgeAllowlist(policy.allowlist, platform);
  if (!["", "AllowAll", "DenyAll"].includes(policy.type)) throw refuseMisconfigured(`${JSON.stringify(policy.type)} is unknown`);
  if (policy.allowlist !== undefined) throw refuseMisconfigured(`there is an allowlist, but the policy is ${JSON.stringify(policy.type)}`);
}

function isListed(path: string, list: readonly string[], places: ProgramPlaces): boolean {
  const wanted = nameOf(path, places.platform);
  return list.some((entry) => {
    if (nameOf(entry, places.platform) !== wanted) return false;
    const search = findProgram(entry, places);
    return search.kind === "found" && search.path === path;
  });
}

/**
 * Asks the policy about a command and what the search for it came to. An entry allows the command as it is written, the
 * file it leads to, and a name that leads to the same file. Throws `POLICY_REFUSED`; the policy must have been judged before.
 */
export function checkPluginPolicy(policy: PluginPolicy, command: string, search: ProgramSearch, places: ProgramPlaces): void {
  if (policy.type === "" || policy.type === "AllowAll") return;
  const name = JSON.stringify(command);
  if (policy.type === "DenyAll") {
    throw new CredentialError("POLICY_REFUSED", `the credential plugin ${name} is not run: the policy is DenyAll`, {
      hint: "see credentialPluginPolicy of kuberc",
    });
  }
  const list = policy.allowlist ?? [];
  if (list.includes(command)) return;
  if (search.kind !== "found") {
    throw new CredentialError(
      "POLICY_REFUSED",
      `the credential plugin ${name} is not run: it cannot be found, so the allowlist cannot be asked`,
    );
  }
  if (list.includes(search.path) || isListed(search.path, list, places)) return;
  const shown = hasFolder(command, places.platform) ? name : `${name} (${search.path})`;
  throw new CredentialError("POLICY_REFUSED", `the credential plugin ${shown} is not run: the allowlist does not have it`, {
    hint: `if you trust it: kubectl kuberc set --section credentialplugin --policy Allowlist --allowlist-entry command=${search.path}`,
  });
}
