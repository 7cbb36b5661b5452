import { CredentialError } from "@kubepass/wire";

const word = /(?:[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*')+/gu;
const part = /[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*'/gu;

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(["\\])/gu, "$1");
  return text;
}

/**
 * Splits `program "an argument" 'another'` into words. Nothing is expanded and no shell runs; a backslash
 * means something only before a quote or backslash in double quotes, because Windows paths are full of them.
 * Throws `CONFIG_INVALID` when nothing is left or a quote is not closed.
 */
export function splitCommand(text: string, place: string): readonly string[] {
  const words = text.match(word) ?? [];
  if (words.length === 0) throw new CredentialError("CONFIG_INVALID", `${place} names no program`);
  if (text.replace(word, "").trim() !== "") throw new CredentialError("CONFIG_INVALID", `${place} has a quote that is not closed`);
  return words.map((item) => (item.match(part) ?? []).map(unquote).join(""));
}
