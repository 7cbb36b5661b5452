/** Waits for a promise, or rejects with the signal's reason as soon as that aborts. */
function waitUnlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

interface Run<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Work that many ask for and that is done once at a time: whoever asks while it is done waits for the same outcome,
 * failure included. A caller whose signal aborts goes away alone; when the last one has gone, the work is aborted.
 */
export function createSharedTask<T>(work: (signal: AbortSignal) => Promise<T>): (signal?: AbortSignal) => Promise<T> {
  let current: Run<T> | undefined;
  const start = (): Run<T> => {
    const controller = new AbortController();
    const run: Run<T> = { controller, waiting: 0, promise: work(controller.signal) };
    const forget = (): void => {
      if (current === run) current = undefined;
    };
    run.promise.then(forget, forget);
    return run;
  };
  return async (signal) => {
    signal?.throwIfAborted();
    const run = (current ??= start());
    run.waiting += 1;
    try {
      return await waitUnlessAborted(run.promise, signal);
    } finally {
      run.waiting -= 1;
      if (run.waiting === 0 && current === run) {
        current = undefined;
        run.controller.abort(signal?.reason);
      }
    }
  };
}
