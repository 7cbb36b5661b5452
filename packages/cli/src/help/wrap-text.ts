/** Breaks text at spaces so that no line is wider than `width` columns; a word that is longer stands alone. */
function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Paragraphs, each wrapped; lines that begin with a space are kept as they are, since they are shown to be copied. */
export function wrapParagraphs(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => (line.startsWith(" ") ? [line] : wrapText(line, width)))
    .join("\n");
}

/** One row of a two-column list. */
export interface Row {
  readonly term: string;
  readonly text: string;
}

/** Terms on the left, texts on the right, wrapped below each other; a wide term gets a line of its own. */
export function formatRows(rows: readonly Row[], width: number): string {
  const indent = 2;
  const maxTerm = width < 70 ? 12 : 30;
  const column = indent + 2 + Math.min(maxTerm, Math.max(0, ...rows.map((row) => row.term.length)));
  return rows
    .flatMap(({ term, text }) => {
      const lines = wrapText(text, Math.max(24, width - column)).map((line) => " ".repeat(column) + line);
      const head = `${" ".repeat(indent)}${term}`;
      const [first = "", ...others] = lines;
      return head.length + 2 > column ? [head, ...lines] : [head.padEnd(column) + first.trimStart(), ...others];
    })
    .join("\n");
}
