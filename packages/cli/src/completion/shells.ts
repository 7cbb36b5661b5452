/** What completion scripts are made for; `kubectl` is the helper behind `kubectl pass <Tab>`. */
export const completionShells = ["bash", "zsh", "fish", "powershell", "kubectl"] as const;

/** One of {@link completionShells}. */
export type CompletionShell = (typeof completionShells)[number];

/** The shell of a name; `undefined` when no script is made for it. */
export function findShell(name: string | undefined): CompletionShell | undefined {
  return completionShells.find((shell) => shell === name);
}
