import type { Completions } from "./find-completions.ts";
import type { CompletionShell } from "./shells.ts";

/** Words as the shell hands them over, made into words as kubepass would get them. */
export function readShellWords(shell: CompletionShell, words: readonly string[]): readonly string[] {
  if (shell === "powershell") return words.map((word, index) => (index === words.length - 1 ? word.replace(/^=/, "") : word));
  if (shell !== "bash") return words;
  const joined: string[] = [];
  let isGlued = false;
  for (const word of words) {
    // bash breaks words at = and :, and hands the signs over as words of their own.
    const isBreak = /^[=:]+$/.test(word);
    if ((isBreak || isGlued) && joined.length > 0) joined.push(`${joined.pop() ?? ""}${word}`);
    else joined.push(word);
    isGlued = isBreak;
  }
  return joined;
}

const directiveDefault = ":0";
const directiveNoFiles = ":4";

/** The answer in the form that the shell's script reads. */
export function formatCompletions(shell: CompletionShell, completions: Completions): string {
  if (completions.kind === "files") return shell === "kubectl" ? `${directiveDefault}\n` : ":files\n";
  const { candidates } = completions;
  const lines = candidates.map(({ text, description }) => {
    // bash replaces only what follows the last sign.
    if (shell === "bash") return text.replace(/^--[^=]+=/, "");
    if (shell === "zsh") return `${text.replaceAll(":", "\\:")}${description === "" ? "" : `:${description}`}`;
    return description === "" ? text : `${text}\t${description}`;
  });
  // kubectl reads a directive of cobra's after the candidates.
  if (shell === "kubectl") lines.push(directiveNoFiles);
  return lines.map((line) => `${line}\n`).join("");
}
