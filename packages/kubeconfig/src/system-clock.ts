import type { ClientHost, Schedule } from "./client-host.ts";

function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, durationMs);
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** The {@link Schedule} of real time. */
export const scheduleTimer: Schedule = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/** The machine's own clock. */
export const systemClock: ClientHost["clock"] = { now: () => new Date(), sleep, schedule: scheduleTimer };
