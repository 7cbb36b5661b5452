/** What many measurements of one thing come to. */
export interface Summary {
  readonly median: number;
  /** One of twenty is faster: what the thing costs where nothing disturbs it. */
  readonly fast: number;
  /** One of twenty is slower. */
  readonly slow: number;
  readonly count: number;
}

function pick(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The median, and what is fast and slow. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((one, other) => one - other);
  return { median: pick(sorted, 0.5), fast: pick(sorted, 0.05), slow: pick(sorted, 0.95), count: sorted.length };
}
