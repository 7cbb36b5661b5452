import { Lexer } from "yaml";

// What the lexer says beside the text itself: a document begins, a scalar follows, a flow collection ends.
const scalarMark = "\u001f";
const marks: ReadonlySet<string> = new Set(["\u0002", scalarMark, "\u0018"]);
const lineEnds: ReadonlySet<string> = new Set(["\n", "\r\n"]);
const entries: ReadonlySet<string> = new Set(["-", "?"]);

/** Where the lexer stands, as far as tabs go. */
interface State {
  /** Of brackets and braces, between which tabs are free. */
  readonly depth: number;
  /** Whether a key may begin: at the start of a line, and after what begins an entry. */
  readonly mayBegin: boolean;
}

function isWhiteSpace(token: string): boolean {
  return token !== "" && token.replaceAll(" ", "").replaceAll("\t", "") === "";
}

function advance({ depth, mayBegin }: State, token: string): State {
  if (isWhiteSpace(token)) return { depth, mayBegin };
  if (token === "[" || token === "{") return { depth: depth + 1, mayBegin: false };
  if (token === "]" || token === "}") return { depth: depth - 1, mayBegin: false };
  // A value by itself (`? key`, `: value`) begins an entry too.
  return { depth, mayBegin: lineEnds.has(token) || entries.has(token) || (token === ":" && mayBegin) };
}

function indexOfTab(token: string, { depth, mayBegin }: State): number {
  return depth === 0 && mayBegin && isWhiteSpace(token) ? token.indexOf("\t") : -1;
}

/** The tokens of the first document, without what ends it. */
function* listTokens(text: string): Generator<string> {
  let hasContent = false;
  for (const token of new Lexer().lex(text)) {
    if (hasContent && (token === "---" || token === "...")) return;
    hasContent ||= token === scalarMark;
    yield token;
  }
}

/**
 * The place of a tab that Go's YAML refuses and everybody else takes: where a key may begin outside of brackets, after `-` and in lines
 * without anything else. `undefined` when there is none in the first document.
 */
export function findStrayTab(text: string): number | undefined {
  let state: State = { depth: 0, mayBegin: true };
  let offset = 0;
  for (const token of listTokens(text)) {
    if (token === scalarMark) state = { ...state, mayBegin: false };
    if (marks.has(token)) continue;
    const tab = indexOfTab(token, state);
    if (tab >= 0) return offset + tab;
    state = advance(state, token);
    offset += token.length;
  }
  return undefined;
}
