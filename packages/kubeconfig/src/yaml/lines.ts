import { Beyond } from "./beyond.ts";
import { type LiteralHeader, readLiteral } from "./literal-scalar.ts";
import { trimEnd } from "./scan-scalar.ts";

/** A line that is neither blank nor a comment. */
export interface Line {
  readonly indent: number;
  /** Without indentation and trailing blanks; never empty. */
  readonly text: string;
}

/** Reads lines one after the other, without comments and blank lines, until the end of the first document. Throws {@link Beyond}. */
export class Lines {
  readonly #text: string;
  #position = 0;
  #current: Line | undefined;
  #isStarted = false;
  /** Whether blank lines or comments stood before the current line: continuations do not cross them here. */
  hasGap = false;

  constructor(text: string) {
    this.#text = text;
    this.next();
  }

  get current(): Line | undefined {
    return this.#current;
  }

  next(): void {
    this.hasGap = false;
    for (;;) {
      if (this.#position >= this.#text.length) {
        this.#current = undefined;
        return;
      }
      const end = this.#text.indexOf("\n", this.#position);
      const stop = end < 0 ? this.#text.length : end;
      const line = this.#readLine(this.#position, stop);
      this.#position = stop + 1;
      if (line === undefined) {
        this.hasGap = true;
        continue;
      }
      if (this.#isMarker(line)) {
        if (this.#current === undefined) return;
        continue;
      }
      this.#isStarted = true;
      this.#current = line;
      return;
    }
  }

  /** True for `---` and `...`; the end of the first document ends everything. */
  #isMarker(line: Line): boolean {
    if (line.indent !== 0 || !/^(?:---|\.\.\.)/.test(line.text)) return false;
    if (line.text !== "---" || this.#isStarted) {
      if (!/^(?:---|\.\.\.)(?:\s|$)/.test(line.text)) return false;
      if (!this.#isStarted) throw new Beyond();
      this.#current = undefined;
      this.#position = this.#text.length;
      return true;
    }
    this.#isStarted = true;
    this.#current = line;
    return true;
  }

  #readLine(start: number, stop: number): Line | undefined {
    let at = start;
    while (at < stop && this.#text.charCodeAt(at) === 32) at += 1;
    if (at === stop) return undefined;
    const first = this.#text.charCodeAt(at);
    if (first === 35 || (first === 13 && at + 1 === stop)) return undefined;
    if (first === 9 || (first === 37 && at === start)) throw new Beyond();
    return { indent: at - start, text: trimEnd(this.#text.slice(at, stop)) };
  }

  /** Reads the literal block scalar whose header is the current line's, and moves on to the line after it. */
  readLiteral(parent: number, header: LiteralHeader): string {
    const { text, count } = readLiteral(this.#wholeLines(), parent, header);
    for (let index = 0; index < count; index += 1) this.#position = this.#text.indexOf("\n", this.#position) + 1;
    this.next();
    return text;
  }

  *#wholeLines(): Generator<string> {
    for (let at = this.#position; at < this.#text.length;) {
      const end = this.#text.indexOf("\n", at);
      // Parsers differ about a text whose last line is not ended.
      if (end < 0) throw new Beyond();
      yield this.#text.slice(at, this.#text.charCodeAt(end - 1) === 13 ? end - 1 : end);
      at = end + 1;
    }
  }
}
