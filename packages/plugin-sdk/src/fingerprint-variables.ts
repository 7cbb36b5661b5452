import { formatCanonicalJson, hashSha256 } from "@kubepass/wire";

// They differ from one folder, window or call to the next, and say nothing of who somebody is.
const volatileNames: ReadonlySet<string> = new Set([
  "_",
  "COLUMNS",
  "KUBERNETES_EXEC_INFO",
  "LINES",
  "OLDPWD",
  "PWD",
  "SHLVL",
  "TERM",
  "TERM_SESSION_ID",
  "WINDOWID",
]);

/**
 * A hash of the variables that a program may decide by whom it speaks for: all but those that differ with each call or
 * window. Part of a `Provider.sourceFingerprint` where the credential is what another program prints.
 */
export function fingerprintVariables(variables: Readonly<Record<string, string | undefined>>): string {
  const members = Object.entries(variables).filter(([name]) => !volatileNames.has(name));
  return hashSha256(formatCanonicalJson(Object.fromEntries(members)));
}
