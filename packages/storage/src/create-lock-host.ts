import type { LockHost } from "./lock-state.ts";
import { identifyProcess, isProcessRunning, type ProcessIdentity } from "./processes.ts";

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

/** The machine's own clock. */
export const systemClock: LockHost["clock"] = { now: () => new Date(), sleep };

/** The real {@link LockHost} of a program; `running` is its `process`. Who it is costs a file access, and is found out when it is asked for. */
export function createLockHost(running: NodeJS.Process): LockHost {
  let own: ProcessIdentity | undefined;
  const identify = (): ProcessIdentity => (own ??= identifyProcess(running));
  return {
    environment: {
      userId: running.geteuid?.(),
      get ownProcess() {
        return identify();
      },
      isRunning: (other) => isProcessRunning(running, identify(), other),
    },
    clock: systemClock,
  };
}
