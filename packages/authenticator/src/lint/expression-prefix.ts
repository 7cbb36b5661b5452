const literalSum = /^\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\+/;

/** The text in quotes that an expression puts before everything else: `'oidc:' + ...`. */
export function findLiteralPrefix(expression: string): string | undefined {
  return literalSum
    .exec(expression)
    ?.slice(1)
    .find((text) => text !== undefined);
}

const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;

/** Where the parenthesis that is open at `from` closes; -1 when it does not. */
function findClosing(text: string, from: number): number {
  // Parentheses in quotes are none.
  const plain = text.replace(quoted, (each) => "_".repeat(each.length));
  let depth = 0;
  for (let at = from; at < plain.length; at += 1) {
    if (plain[at] === "(") depth += 1;
    if (plain[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

// What stands before and behind the list: nothing, or a test whether there is one, and then an empty one.
const whole = /^[^?:+]*$/;
const tested = /^\s*(?:has\([\w.]+\)|!?\(?'[^'?]+' in [\w.]+\)?)\s*\?[^?:+]*$/;

/** The text that an expression puts before each item of one list: `dyn(claims.groups).map(g, 'oidc:' + g)`, also when the list may be missing. */
export function findMappedPrefix(expression: string): string | undefined {
  const call = /\.map\(/.exec(expression);
  if (call === null) return undefined;
  const close = findClosing(expression, call.index + ".map".length);
  const [before, behind] = [expression.slice(0, call.index), expression.slice(close + 1).trim()];
  const isAlone = (behind === "" && whole.test(before)) || (/^:\s*\[\]$/.test(behind) && tested.test(before));
  if (close < 0 || !isAlone) return undefined;
  const [, body = ""] = /^\s*\w+\s*,([^]*)$/.exec(expression.slice(call.index + ".map(".length, close)) ?? [];
  return /[?|&,]/.test(body) ? undefined : findLiteralPrefix(body);
}
