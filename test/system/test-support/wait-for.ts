import { setTimeout as sleep } from "node:timers/promises";

/** How to wait. */
export interface Patience {
  readonly timeoutMs?: number;
  readonly pauseMs?: number;
  /** What to show when the wait was in vain. */
  readonly describe?: () => string;
}

/** Looks until there is something to see. What it throws says what was waited for, and how things stood. */
export async function waitFor<T>(what: string, look: () => T | undefined | Promise<T | undefined>, patience: Patience = {}): Promise<T> {
  const { timeoutMs = 60_000, pauseMs = 20, describe } = patience;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}\n${describe?.() ?? ""}`);
    await sleep(pauseMs);
  }
}

/** Lets real time pass: nobody can turn the clock of another program. */
export async function letPass(durationMs: number): Promise<void> {
  await sleep(durationMs);
}
