import { RE2JS } from "re2js";
import { CelFailure } from "./values.ts";

/** A regular expression of Go's dialect (RE2), matched in time linear in the text. */
export class Pattern {
  private readonly compiled: RE2JS;
  constructor(compiled: RE2JS) {
    this.compiled = compiled;
  }

  /** Whether it matches anywhere in the text. */
  matches(text: string): boolean {
    return this.compiled.matcher(text).find();
  }

  /** The first match, empty when there is none. */
  find(text: string): string {
    const matcher = this.compiled.matcher(text);
    return matcher.find() ? (matcher.group() ?? "") : "";
  }

  /** At most `limit` matches, all when it is negative; an empty match right after another one does not count. */
  findAll(text: string, limit: number): readonly string[] {
    const found: string[] = [];
    const matcher = this.compiled.matcher(text);
    const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
    let previousEnd = -1;
    while (found.length < most && matcher.find()) {
      const isRepeated = matcher.start() === matcher.end() && matcher.start() === previousEnd;
      previousEnd = matcher.end();
      if (!isRepeated) found.push(matcher.group() ?? "");
    }
    return found;
  }
}

const pieces = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\\[^]|\[:\w+:\]|[^\]\\])*\]|\(\?P?<(\w+)>|[^]/gu;

// Go lets groups share a name; nothing here asks for groups by name, so each may have one of its own.
function withOwnNames(source: string): string {
  let count = 0;
  return source.replaceAll(pieces, (piece, name: string | undefined) => {
    if (name === undefined) return piece;
    count += 1;
    return `(?P<${name}_${count}>`;
  });
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (error instanceof Error && error.message.includes("duplicate")) return RE2JS.compile(withOwnNames(source));
    throw error;
  }
}

/** The pattern of a regular expression, or a failure when Go would refuse it. */
export function patternOf(source: string): Pattern | CelFailure {
  try {
    return new Pattern(compile(source));
  } catch {
    return new CelFailure("CEL_REGEX", "error parsing regexp");
  }
}
