/** How soon something happened, each time. */
export interface Promptness {
  readonly tookMs: readonly number[];
  /** What a prompt program needs on a machine that has nothing else to do. */
  readonly promptMs: number;
  /** Far less than what it takes when nobody acts: not even a busy machine holds a program up for so long. */
  readonly patienceMs: number;
}

/**
 * What is wrong when something should happen at once: that it was never tried, that one of the tries took long, or that
 * none was prompt. A busy machine may hold up any single try; a program that waits for what it should not wait for does
 * so each time.
 */
export function listDelays({ tookMs, promptMs, patienceMs }: Promptness): readonly string[] {
  if (tookMs.length === 0) return ["nothing was tried"];
  const [slowest, fastest] = [Math.max(...tookMs), Math.min(...tookMs)];
  return [
    ...(slowest < patienceMs ? [] : [`the slowest took ${slowest} ms`]),
    ...(fastest < promptMs ? [] : [`the fastest took ${fastest} ms`]),
  ];
}
