/** What a token is. `op` covers operators, punctuation and the words `in`, `true`, `false`, `null`. */
export type TokenKind = "ident" | "escaped" | "int" | "uint" | "double" | "string" | "bytes" | "op" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Code units from the start. */
  readonly offset: number;
}

/** The expression is not CEL: what and where. */
export class CelSyntaxError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = "CelSyntaxError";
    this.offset = offset;
  }
}

const escape = String.raw`\\(?:[abfnrtv"'\\?${"`"}]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`;

// The lexer takes the longest match; of equal ones the first rule. Triple quotes come first, so that `""` is not one.
const strings = [
  String.raw`[rR]"""[^]*?"""`,
  String.raw`[rR]'''[^]*?'''`,
  String.raw`"""(?:${escape}|[^\\])*?"""`,
  String.raw`'''(?:${escape}|[^\\])*?'''`,
  String.raw`[rR]"[^"\n\r]*"`,
  String.raw`[rR]'[^'\n\r]*'`,
  String.raw`"(?:${escape}|[^\\"\n\r])*"`,
  String.raw`'(?:${escape}|[^\\'\n\r])*'`,
].join("|");

interface Rule {
  readonly kind: TokenKind | "skip";
  readonly pattern: RegExp;
}

const rules: readonly Rule[] = [
  { kind: "skip", pattern: /[\t \r\n\f]+|\/\/[^\n]*/y },
  { kind: "bytes", pattern: new RegExp(`[bB](?:${strings})`, "y") },
  { kind: "string", pattern: new RegExp(strings, "y") },
  { kind: "uint", pattern: /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]/y },
  { kind: "double", pattern: /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y },
  { kind: "int", pattern: /0x[0-9a-fA-F]+|[0-9]+/y },
  { kind: "ident", pattern: /[A-Za-z_][A-Za-z0-9_]*/y },
  { kind: "escaped", pattern: /`[A-Za-z0-9_.\-/ ]+`/y },
  { kind: "op", pattern: /==|!=|<=|>=|&&|\|\||[[\]{}().,\-!?:+*/%<>]/y },
];

const words: ReadonlySet<string> = new Set(["in", "true", "false", "null"]);

function matchAt(rule: Rule, source: string, offset: number): string | undefined {
  rule.pattern.lastIndex = offset;
  return rule.pattern.exec(source)?.[0];
}

function nextToken(source: string, offset: number): { kind: TokenKind | "skip"; text: string } {
  for (const rule of rules) {
    const text = matchAt(rule, source, offset);
    if (text === undefined) continue;
    return { kind: rule.kind === "ident" && words.has(text) ? "op" : rule.kind, text };
  }
  const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
  throw new CelSyntaxError(`Syntax error: token recognition error at: ${JSON.stringify(character)}`, offset);
}

/** The tokens of an expression, the last of kind `end`. Throws `CelSyntaxError`. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < source.length) {
    const { kind, text } = nextToken(source, offset);
    if (kind !== "skip") tokens.push({ kind, text, offset });
    offset += text.length;
  }
  tokens.push({ kind: "end", text: "<EOF>", offset });
  return tokens;
}
