/** The records of a CSV text, or where it is malformed. */
export type CsvResult =
  | { readonly kind: "records"; readonly records: readonly (readonly string[])[] }
  | { readonly kind: "malformed"; readonly line: number; readonly reason: string };

interface Cursor {
  readonly text: string;
  at: number;
  line: number;
}

class Malformed extends Error {
  readonly line: number;
  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

/** What stands between the quotation marks; the cursor is behind the first. */
function readQuoted(cursor: Cursor): string {
  const { text } = cursor;
  const from = cursor.line;
  let value = "";
  for (;;) {
    const end = text.indexOf('"', cursor.at);
    if (end < 0) throw new Malformed(from, "a quoted field is never closed");
    const piece = text.slice(cursor.at, end);
    value += piece;
    cursor.line += piece.split("\n").length - 1;
    cursor.at = end + 1;
    if (text[cursor.at] !== '"') return value;
    value += '"';
    cursor.at += 1;
  }
}

function readBare(cursor: Cursor): string {
  const rest = /[,\n]/g;
  rest.lastIndex = cursor.at;
  const end = rest.exec(cursor.text)?.index ?? cursor.text.length;
  const value = cursor.text.slice(cursor.at, end);
  if (value.includes('"')) throw new Malformed(cursor.line, "a quotation mark stands in a field that does not begin with one");
  cursor.at = end;
  return value;
}

function readRecord(cursor: Cursor): readonly string[] {
  const fields: string[] = [];
  for (;;) {
    const isQuoted = cursor.text[cursor.at] === '"';
    if (isQuoted) cursor.at += 1;
    fields.push(isQuoted ? readQuoted(cursor) : readBare(cursor));
    const next = cursor.text[cursor.at];
    cursor.at += 1;
    if (next === undefined || next === "\n") {
      cursor.line += 1;
      return fields;
    }
    if (next !== ",") throw new Malformed(cursor.line, "something follows the quotation mark that closes a field");
  }
}

/**
 * Reads comma-separated values as Go's encoding/csv does with its defaults (RFC 4180, strict quotes): blank lines are passed
 * over, `\r\n` is a line end also inside quotes, nothing is trimmed. Never throws.
 */
export function parseCsv(text: string): CsvResult {
  // A carriage return before the very end counts as one before a line end.
  const cursor: Cursor = { text: text.replaceAll("\r\n", "\n").replace(/\r$/, ""), at: 0, line: 1 };
  const records: (readonly string[])[] = [];
  try {
    while (cursor.at < cursor.text.length) {
      if (cursor.text[cursor.at] === "\n") {
        cursor.at += 1;
        cursor.line += 1;
      } else records.push(readRecord(cursor));
    }
  } catch (error) {
    if (error instanceof Malformed) return { kind: "malformed", line: error.line, reason: error.message };
    throw error;
  }
  return { kind: "records", records };
}
