import { systemClock as storageClock } from "@kubepass/storage";
import type { ClientHost, Schedule } from "./client-host.ts";

/** The {@link Schedule} of real time. */
export const scheduleTimer: Schedule = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/** The machine's own clock. */
export const systemClock: ClientHost["clock"] = { ...storageClock, schedule: scheduleTimer };
