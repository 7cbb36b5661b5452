import type { ClientHost } from "../client-host.ts";

interface Scheduled {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that only the test turns; a sleep turns it too. */
export interface TurnedClock {
  readonly clock: ClientHost["clock"];
  /** Turns the clock alone, as a sleep of the machine does. */
  advance(durationMs: number): void;
  /** Lets time pass: what was scheduled until then is run. */
  elapse(durationMs: number): void;
  /** In how many milliseconds each thing is due that is scheduled, the next first. */
  scheduled(): readonly number[];
}

/** A clock that stands on the first of January 2030. */
export function createTurnedClock(): TurnedClock {
  let nowMs = Date.parse("2030-01-01T00:00:00Z");
  let elapsedMs = 0;
  const waiting = new Set<Scheduled>();
  const list = (): readonly Scheduled[] => [...waiting].toSorted((left, right) => left.atMs - right.atMs);
  const advance = (durationMs: number): void => void (nowMs += durationMs);
  const pass = (untilMs: number): void => {
    advance(untilMs - elapsedMs);
    elapsedMs = untilMs;
  };
  const elapse = (durationMs: number): void => {
    const endMs = elapsedMs + durationMs;
    for (let [next] = list(); next !== undefined && next.atMs <= endMs; [next] = list()) {
      waiting.delete(next);
      pass(next.atMs);
      next.run();
    }
    pass(endMs);
  };
  return {
    clock: {
      now: () => new Date(nowMs),
      sleep: async (durationMs) => advance(durationMs),
      schedule: (delayMs, run) => {
        const each = { atMs: elapsedMs + delayMs, run };
        waiting.add(each);
        return () => void waiting.delete(each);
      },
    },
    advance,
    elapse,
    scheduled: () => list().map(({ atMs }) => atMs - elapsedMs),
  };
}
