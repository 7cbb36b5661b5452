import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { getCompletionScript } from "../completion/scripts.ts";
import { completionShells, findShell } from "../completion/shells.ts";
import { describeNearest } from "../options/suggest.ts";

/** `kubepass completion <shell>`: prints a script. */
export function completion(invocation: Invocation): Promise<number> {
  const [name = ""] = invocation.parsed.words;
  const shell = findShell(name);
  if (shell === undefined) {
    const what = name === "" ? "completion needs the name of a shell" : `there is no completion for ${formatPrintable(name, 60)}`;
    throw new CredentialError("USAGE_INVALID", `${what}${describeNearest(name, completionShells)}`, {
      hint: `run: ${invocation.program} completion ${completionShells.join("|")}`,
    });
  }
  invocation.stdout.write(getCompletionScript(shell));
  return Promise.resolve(0);
}
