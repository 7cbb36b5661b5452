const surrogate = /[\ud800-\udfff]/;

/** Entries in the order of the bytes of their names, as Go sorts them. */
export function sortByName<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  const entries = [...map];
  // UTF-16 and UTF-8 order the same way as long as no character takes two units, which is told much faster than it is compared.
  if (entries.some(([name]) => surrogate.test(name)))
    return entries.toSorted(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  return entries.toSorted(([left], [right]) => (left < right ? -1 : Number(left > right)));
}
