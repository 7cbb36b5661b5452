const word = /(?:[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*')+/gu;
const part = /[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*'/gu;

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(["\\])/gu, "$1");
  return text;
}

/** What keeps a text from being a command, to be put after the place where it stands; `undefined` when it is one. */
export function findCommandProblem(text: string): string | undefined {
  if (text.trim() === "") return "names no program";
  return text.replace(word, "").trim() === "" ? undefined : "has a quote that is not closed";
}

/**
 * Splits `program "an argument" 'another'` into words, of a text without a problem. Nothing is expanded and no shell runs;
 * a backslash means something only before a quote or backslash in double quotes, because Windows paths are full of them.
 */
export function splitCommand(text: string): readonly string[] {
  const words = text.match(word) ?? [];
  return words.map((item) => (item.match(part) ?? []).map(unquote).join(""));
}
