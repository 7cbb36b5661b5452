import type { Invocation } from "../command.ts";
import { findCompletions } from "../completion/find-completions.ts";
import { formatCompletions, readShellWords } from "../completion/shell-form.ts";
import { findShell } from "../completion/shells.ts";

/** `kubepass __complete <shell> <words>`: what the completion scripts ask. An unknown shell gets no answer. */
export function complete(invocation: Invocation): Promise<number> {
  const [name, ...words] = invocation.parsed.words;
  const shell = findShell(name);
  if (shell !== undefined) invocation.stdout.write(formatCompletions(shell, findCompletions(readShellWords(shell, words))));
  return Promise.resolve(0);
}
