/**
 * Runs work that ends at the latest when the outer signal aborts (rejects with its reason) or the time is over
 * (rejects with what `createError` gives). The work must obey the signal it is handed.
 */
export async function runWithDeadline<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  createError: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const passOn = (): void => controller.abort(outer?.reason);
  outer?.addEventListener("abort", passOn, { once: true });
  // Real time, not the host's clock: it bounds a real network, and a test that turns the clock must not cut it off.
  const timer = setTimeout(() => controller.abort(createError()), timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", passOn);
  }
}
