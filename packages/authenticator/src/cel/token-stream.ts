import { CelSyntaxError, tokenize, type Token } from "./lexer.ts";

/** The tokens of an expression, one after the other. */
export abstract class TokenStream {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(source: string) {
    this.tokens = tokenize(source);
  }

  protected peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)];
    if (token === undefined) throw new CelSyntaxError("Syntax error: no tokens", 0);
    return token;
  }

  protected take(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  protected back(): void {
    this.position -= 1;
  }

  protected isOp(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "op" && token.text === text;
  }

  protected isNumber(ahead: number): boolean {
    return ["int", "double"].includes(this.peek(ahead).kind);
  }

  /** Whether `a.b.c {` comes next. */
  protected startsMessage(): boolean {
    let ahead = 1;
    while (this.isOp(".", ahead) && this.peek(ahead + 1).kind === "ident") ahead += 2;
    return this.isOp("{", ahead);
  }

  protected accept(text: string): boolean {
    if (!this.isOp(text)) return false;
    this.position += 1;
    return true;
  }

  protected expect(text: string): Token {
    if (!this.isOp(text)) throw this.unexpected();
    return this.take();
  }

  protected unexpected(): CelSyntaxError {
    const token = this.peek();
    return new CelSyntaxError(`Syntax error: unexpected input ${JSON.stringify(token.text)}`, token.offset);
  }
}
