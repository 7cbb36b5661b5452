/**
 * The providers for which there are shortcuts: those whose identity follows from the options alone, so that no file, no variable of
 * another program and no network decides it. The others' calls do not even look for one.
 */
export const providersWithShortcuts: readonly string[] = ["oidc"];

// Folders, and with them the config file and the stores, follow from these.
const folderVariables: ReadonlySet<string> = new Set([
  "HOME",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
  "APPDATA",
  "LOCALAPPDATA",
  "USERPROFILE",
]);

function isAsked(name: string): boolean {
  return name.startsWith("KUBEPASS_") || name === "KUBERNETES_EXEC_INFO" || folderVariables.has(name);
}

/**
 * One text of everything outside of files that says which credential is asked for: the build, the arguments, and the
 * variables that are ever looked at. Two calls with the same text and the same config file are the same call.
 */
export function describeCall(build: string, argv: readonly string[], variables: Readonly<Record<string, string | undefined>>): string {
  const names = Object.keys(variables).filter(isAsked);
  names.sort();
  return JSON.stringify([build, argv, names.map((name) => [name, variables[name]])]);
}

const offset = 0x811c_9dc5;
const prime = 0x0100_0193;

function formatWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}

/**
 * A short name for a text (FNV-1a, twice 32 bits). It only spreads texts over files: whoever looks into one compares the
 * whole text, so that two texts of one name cost time and nothing else.
 */
export function nameCall(call: string): string {
  let one = offset;
  let other = offset ^ call.length;
  for (let index = 0; index < call.length; index += 1) {
    const code = call.charCodeAt(index);
    one = Math.imul(one ^ code, prime);
    other = Math.imul(other ^ (code + index), prime);
  }
  return formatWord(one) + formatWord(other);
}
