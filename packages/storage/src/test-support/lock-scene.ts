import { join } from "node:path";
import { CredentialError } from "@kubepass/wire";
import { acquireLock, type IdentityLock, type LockWait } from "../lock.ts";
import type { LockHost } from "../lock-state.ts";

/** One process among those of a test, which share a folder, a clock, and what is known of the dead. */
export interface TestProcess extends LockHost {
  readonly root: string;
  readonly signal: AbortSignal;
  interrupt(): void;
  die(): void;
}

/** Processes of one clock, whose locks lie in a folder. */
export function makeProcessesIn(root: string, count: number): [TestProcess, ...TestProcess[]] {
  const dead = new Set<number>();
  let nowMs = Date.now();
  const sleep = async (durationMs: number, signal: AbortSignal): Promise<void> => {
    const endMs = nowMs + durationMs;
    // Looking at files that never change would starve those who change them.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    // Many who sleep at the same time sleep through the same time.
    nowMs = Math.max(nowMs, endMs);
  };
  const make = (id: number): TestProcess => {
    const controller = new AbortController();
    return {
      root,
      environment: {
        userId: process.geteuid?.(),
        ownProcess: { id, start: "1", space: "test" },
        isRunning: (other) => !dead.has(other.id),
      },
      clock: { now: () => new Date(nowMs), sleep },
      signal: controller.signal,
      interrupt: () => controller.abort(new CredentialError("INTERRUPTED", "interrupted")),
      die: () => void dead.add(id),
    };
  };
  return [make(1000), ...Array.from({ length: count - 1 }, (_, index) => make(1001 + index))];
}

/** What a wait ends with. Bun's `expect().rejects` turns its loop itself, and then sleeps from one heartbeat of a lock to the next. */
export async function failureOf(waiting: Promise<unknown>): Promise<unknown> {
  return await waiting.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Waits for the lock; what `find` finds is returned instead. */
export async function take(host: TestProcess, wait: Partial<LockWait<string>> = {}): Promise<IdentityLock | string> {
  const directory = join(host.root, "lock");
  const outcome = await acquireLock(
    {
      directory,
      doing: "cooking the same soup",
      timeoutMs: 60_000,
      signal: host.signal,
      find: () => undefined,
      onLongWait: () => {},
      ...wait,
    },
    host,
  );
  return outcome.kind === "acquired" ? outcome.lock : outcome.value;
}

/** {@link take} where nothing else can be found. */
export async function takeLock(host: TestProcess, wait: Partial<LockWait<string>> = {}): Promise<IdentityLock> {
  const taken = await take(host, wait);
  if (typeof taken === "string") throw new TypeError("expected a lock");
  return taken;
}
