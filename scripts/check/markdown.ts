/** A fenced block of a Markdown file. */
export interface FencedBlock {
  readonly path: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly body: string;
  /** What the comment on the line before says: `run`, `compile`, `shown: why it is neither`. */
  readonly mark: string | undefined;
}

interface OpenFence {
  readonly fence: string;
  readonly language: string;
  readonly line: number;
  readonly mark: string | undefined;
  readonly lines: string[];
}

function findMark(lines: readonly string[], index: number): string | undefined {
  const before = lines.slice(0, index).findLast((line) => line.trim() !== "");
  return /^\s*<!-- (.+) -->\s*$/.exec(before ?? "")?.[1];
}

/** The fenced blocks of a Markdown text, in order. */
export function parseBlocks(path: string, text: string): readonly FencedBlock[] {
  const lines = text.split("\n");
  const blocks: FencedBlock[] = [];
  let open: OpenFence | undefined;
  for (const [index, line] of lines.entries()) {
    const match = /^\s*(`{3,})\s*([\w-]*)/.exec(line);
    if (open === undefined) {
      if (match !== null)
        open = { fence: match[1] ?? "", language: match[2] ?? "", line: index + 1, mark: findMark(lines, index), lines: [] };
    } else if (line.trim() === open.fence) {
      blocks.push({ path, line: open.line, language: open.language, body: open.lines.join("\n"), mark: open.mark });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  return blocks;
}

/** A Markdown text without its fenced blocks and inline code, which may hold anything. */
function stripCode(text: string): string {
  return text.replace(/^\s*(`{3,})[^]*?^\s*\1\s*$/gm, "").replace(/`[^`\n]*`/g, "");
}

/** The targets of the links of a Markdown text, code left out. */
export function findLinks(text: string): readonly string[] {
  return [...stripCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => target ?? []);
}

/** The anchor that a heading gets on the usual Markdown sites. */
export function formatAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}
