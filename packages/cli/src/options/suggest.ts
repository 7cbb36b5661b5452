function costAt(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

/** Letters to add, take away, replace or swap with their neighbour. */
function measureDistance(left: string, right: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = costAt(last, column - 1) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const swapped = isSwapped ? costAt(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, swapped, costAt(last, column) + 1, costAt(current, column - 1) + 1));
    }
    beforeLast = last;
    last = current;
  }
  return costAt(last, right.length);
}

/** The known name that was probably meant (edit distance at most a third of its length), if there is one. */
function findNearest(word: string, known: Iterable<string>): string | undefined {
  // A hostile word is not worth comparing.
  if (word.length > 64) return undefined;
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = measureDistance(word, candidate);
    if (distance < least && distance <= Math.max(1, Math.floor(candidate.length / 3))) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** What to append to a message: ` (did you mean X?)`, or nothing. */
export function describeNearest(word: string, known: Iterable<string>, prefix = ""): string {
  const nearest = findNearest(word, known);
  return nearest === undefined ? "" : ` (did you mean ${prefix}${nearest}?)`;
}
