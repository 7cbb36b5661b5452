// C0 and C1 controls (ANSI and OSC start with one), and the characters that reorder or hide text.
const hostileCharacters =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Text from outside made fit for a terminal or a log line: one line, no control sequences, no
 * direction overrides, no invisible characters, at most `maxLength` characters (default 300).
 */
export function formatPrintable(text: string, maxLength = 300): string {
  // Cut first: the answer of a hostile server may be megabytes long.
  const head = text.slice(0, maxLength * 4);
  const clean = head.replace(/\s+/gu, " ").replace(hostileCharacters, "").trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1)}…` : clean;
}

function escapeCharacter(character: string, language: "json" | "yaml"): string {
  if (character === "\n") return character;
  const point = character.codePointAt(0) ?? 0;
  if (language === "yaml" && point > 0xffff) return `\\U${point.toString(16).padStart(8, "0")}`;
  return Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`).join("");
}

/**
 * The text of a document in which what {@link formatPrintable} would take out is escaped instead, so that it means the same to a
 * parser and nothing to a terminal; line breaks stay. In YAML it has to stand between double quotes.
 */
export function escapeUnprintable(text: string, language: "json" | "yaml"): string {
  return text.replace(hostileCharacters, (character) => escapeCharacter(character, language));
}
