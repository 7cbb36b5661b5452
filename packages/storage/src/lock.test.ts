import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CredentialError } from "@kubepass/wire";
import { removeIdleLocks } from "./idle-locks.ts";
import { acquireLock, type IdentityLock, type LockWait } from "./lock.ts";
import type { LockHost } from "./lock-state.ts";

/** One process among those of a test, which share a folder, a clock, and what is known of the dead. */
interface TestProcess extends LockHost {
  readonly root: string;
  readonly signal: AbortSignal;
  interrupt(): void;
  die(): void;
}

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kubepass-lock-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function makeProcesses(count: number): [TestProcess, ...TestProcess[]] {
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
async function failureOf(waiting: Promise<unknown>): Promise<unknown> {
  return await waiting.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function take(host: TestProcess, wait: Partial<LockWait<string>> = {}): Promise<IdentityLock | string> {
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

async function takeLock(host: TestProcess, wait: Partial<LockWait<string>> = {}): Promise<IdentityLock> {
  const taken = await take(host, wait);
  if (typeof taken === "string") throw new TypeError("expected a lock");
  return taken;
}

test("of many who want it at once exactly one holds it at any time", async () => {
  let holders = 0;
  let most = 0;
  const turns = makeProcesses(30).map(async (host) => {
    // Each wait turns the one clock of all of them, so that far more time seems to pass than does.
    const lock = await takeLock(host, { timeoutMs: 24 * 3_600_000 });
    holders += 1;
    most = Math.max(most, holders);
    await new Promise((resolve) => setImmediate(resolve));
    holders -= 1;
    lock.release();
  });
  await Promise.all(turns);
  expect(most).toBe(1);
});

test("a lock leaves one small file behind, however often it was taken", async () => {
  const [host] = makeProcesses(1);
  for (let turn = 0; turn < 5; turn += 1) (await takeLock(host)).release();
  expect(readdirSync(join(host.root, "lock"))).toEqual(["5"]);
});

test("whoever waits leaves as soon as the work is done by another", async () => {
  const [holder, waiter] = makeProcesses(2);
  await takeLock(holder);
  let looks = 0;
  expect(await take(waiter as TestProcess, { find: () => ((looks += 1) > 3 ? "done" : undefined) })).toBe("done");
});

test("the lock of a dead process is taken over, and the dead one learns that it lost it", async () => {
  const [holder, follower] = makeProcesses(2);
  const lost = await takeLock(holder);
  holder.die();
  const lock = await takeLock(follower as TestProcess);
  expect(lost.isHeld()).toBe(false);
  expect(lock.isHeld()).toBe(true);
  lost.release();
  expect(lock.isHeld()).toBe(true);
});

test("a holder that died before it named itself is replaced after a second", async () => {
  const [host] = makeProcesses(1);
  const directory = join(host.root, "lock");
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, "7"), "");
  const early = new Date(Date.now() - 1_500);
  utimesSync(join(directory, "7"), early, early);
  const lock = await takeLock(host);
  expect(readdirSync(directory)).toEqual(["8"]);
  lock.release();
});

test("a process that cannot be looked at is dead after ten silent seconds", async () => {
  const [host] = makeProcesses(1);
  const elsewhere = { ...host, environment: { ...host.environment, isRunning: () => undefined } };
  const directory = join(host.root, "lock");
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, "1"), JSON.stringify({ id: 1, start: "1", space: "container" }));
  expect(await failureOf(take(elsewhere, { timeoutMs: 500 }))).toMatchObject({ code: "LOCK_TIMEOUT" });
  const early = new Date(Date.now() - 11_000);
  utimesSync(join(directory, "1"), early, early);
  (await takeLock(elsewhere)).release();
});

test("waiting is bounded, tells who holds the lock after a few seconds, and once", async () => {
  const [holder, waiter] = makeProcesses(2);
  await takeLock(holder);
  const told: (number | undefined)[] = [];
  const waiting = take(waiter as TestProcess, { timeoutMs: 10_000, onLongWait: (who) => told.push(who?.id) });
  expect(await failureOf(waiting)).toMatchObject({
    code: "LOCK_TIMEOUT",
    message: "process 1000 has been cooking the same soup for more than 10 s",
  });
  expect(told).toEqual([1000]);
});

/** Waits for a holder whose file has `more` in it, in vain; resolves to how long that took, in seconds. */
async function waitInVain(more: object, wait: Partial<LockWait<string>>): Promise<number> {
  const [holder, waiter] = makeProcesses(2);
  mkdirSync(join(root, "lock"), { mode: 0o700, recursive: true });
  writeFileSync(join(root, "lock", "9"), JSON.stringify({ ...holder.environment.ownProcess, ...more }));
  const startMs = holder.clock.now().getTime();
  expect(await failureOf(take(waiter as TestProcess, { timeoutMs: 10_000, ...wait }))).toMatchObject({ code: "LOCK_TIMEOUT" });
  return Math.round((holder.clock.now().getTime() - startMs) / 1000);
}

test("a holder that has said until when it may take is waited for a minute longer than that", async () => {
  const [holder, waiter] = makeProcesses(2);
  const lock = await takeLock(holder);
  const startMs = holder.clock.now().getTime();
  lock.announceEnd(new Date(startMs + 1_800_000));
  const waiting = take(waiter as TestProcess, { timeoutMs: 10_000, longestMs: 3_600_000 });
  expect(await failureOf(waiting)).toMatchObject({ code: "LOCK_TIMEOUT" });
  expect(Math.round((holder.clock.now().getTime() - startMs) / 1000)).toBe(1_860);
  lock.announceEnd(new Date(startMs + 5_000));
  expect(JSON.parse(readFileSync(join(root, "lock", "1"), "utf8"))).toEqual({
    ...holder.environment.ownProcess,
    endsAtMs: startMs + 5_000,
  });
  expect(lock.isHeld()).toBe(true);
});

test("whoever dies is followed at once, whatever it has said of its end", async () => {
  const [holder, follower] = makeProcesses(2);
  const startMs = holder.clock.now().getTime();
  (await takeLock(holder)).announceEnd(new Date(startMs + 1_800_000));
  holder.die();
  await takeLock(follower as TestProcess, { longestMs: 3_600_000 });
  expect(holder.clock.now().getTime() - startMs).toBeLessThan(2_000);
});

test("who waits for the one that comes after a long sign-in gives it the usual time", async () => {
  const [first, second, waiter] = makeProcesses(3) as [TestProcess, TestProcess, TestProcess];
  const startMs = first.clock.now().getTime();
  const passed = (): number => Math.round((first.clock.now().getTime() - startMs) / 1000);
  const lock = await takeLock(first);
  lock.announceEnd(new Date(startMs + 1_800_000));
  let successor: IdentityLock | undefined;
  const find = async (): Promise<undefined> => {
    if (passed() < 300 || successor !== undefined) return undefined;
    lock.release();
    successor = await takeLock(second);
    return undefined;
  };
  const failure = await failureOf(take(waiter, { timeoutMs: 10_000, longestMs: 3_600_000, find }));
  expect(failure).toMatchObject({ code: "LOCK_TIMEOUT" });
  expect(String(failure)).toMatch(/process 1001 has been cooking the same soup for more than 156[01] s$/);
  expect(passed()).toBe(1_860);
});

test("one holder after the other is waited for, but no longer than the waiter's own bound", async () => {
  const [waiter, ...others] = makeProcesses(20);
  const startMs = waiter.clock.now().getTime();
  let lock = await takeLock(others[0] as TestProcess);
  let turn = 0;
  const find = async (): Promise<undefined> => {
    const passedMs = waiter.clock.now().getTime() - startMs;
    if (passedMs < (turn + 1) * 8_000 || turn + 1 >= others.length) return undefined;
    turn += 1;
    lock.release();
    lock = await takeLock(others[turn] as TestProcess);
    return undefined;
  };
  expect(await failureOf(take(waiter, { timeoutMs: 10_000, longestMs: 60_000, find }))).toMatchObject({ code: "LOCK_TIMEOUT" });
  expect(Math.round((waiter.clock.now().getTime() - startMs) / 1000)).toBe(60);
});

test("whoever has lost the lock announces nothing", async () => {
  const [holder, follower] = makeProcesses(2);
  const lost = await takeLock(holder);
  holder.die();
  await takeLock(follower as TestProcess);
  lost.announceEnd(new Date());
  expect(readdirSync(join(root, "lock"))).toEqual(["2"]);
});

test.each([
  ["the end of the world", { endsAtMs: 1e300 }, 60],
  ["a text", { endsAtMs: "2100-01-01" }, 10],
  ["the past", { endsAtMs: -1 }, 10],
  ["nothing", { endsAtMs: null }, 10],
  ["a list", { endsAtMs: [9e15] }, 10],
])("a holder that announces %s is waited for no longer than the waiter's own bound", async (_, more, seconds) => {
  expect(await waitInVain(more, { longestMs: 60_000 })).toBe(seconds);
});

test("whoever only waits shortly is not held up by what the holder announces", async () => {
  expect(await waitInVain({ endsAtMs: 1e300 }, {})).toBe(10);
});

test("Ctrl-C ends the wait at once", async () => {
  const [holder, waiter] = makeProcesses(2);
  await takeLock(holder);
  const waiting = take(waiter as TestProcess);
  waiter?.interrupt();
  expect(await failureOf(waiting)).toMatchObject({ code: "INTERRUPTED" });
});

test("a stranger's file in the folder is no lock", async () => {
  const [host] = makeProcesses(1);
  const directory = join(host.root, "lock");
  mkdirSync(directory, { mode: 0o700 });
  for (const name of ["x", "1.tmp", "-3", "99999999999999999999"]) writeFileSync(join(directory, name), "{}");
  (await takeLock(host)).release();
  expect(readdirSync(directory)).toContain("1");
});

test("a holder whose folder was removed has lost the lock, and giving it back is no error", async () => {
  const [host] = makeProcesses(1);
  const lock = await takeLock(host);
  rmSync(join(host.root, "lock"), { recursive: true });
  expect(lock.isHeld()).toBe(false);
  lock.release();
  expect(readdirSync(host.root)).toEqual([]);
});

test("whoever waits while the folder is removed gets the lock in a new one", async () => {
  const [holder, waiter] = makeProcesses(2);
  await takeLock(holder);
  let looks = 0;
  const find = (): undefined => {
    if ((looks += 1) === 3) rmSync(join(root, "lock"), { recursive: true });
  };
  const lock = await takeLock(waiter as TestProcess, { find });
  expect(lock.isHeld()).toBe(true);
  lock.release();
});

test("what is looked for may take its time", async () => {
  const [host] = makeProcesses(1);
  expect(await take(host, { find: async () => await Promise.resolve("done") })).toBe("done");
});

test("locks that nobody has used for long are removed, and no others", async () => {
  const [host, other, gone] = makeProcesses(3);
  const early = new Date(Date.now() - 10_000);
  const leave = async (name: string, holder: TestProcess, isReleased: boolean, isOld: boolean): Promise<void> => {
    const lock = await takeLock(holder, { directory: join(root, "locks", name) });
    if (isReleased) lock.release();
    if (isOld) utimesSync(join(root, "locks", name, "1"), early, early);
  };
  await leave("old", host, true, true);
  await leave("recent", host, true, false);
  await leave("held", other as TestProcess, false, true);
  await leave("of-the-dead", gone as TestProcess, false, true);
  gone?.die();
  mkdirSync(join(root, "locks", "empty"));
  utimesSync(join(root, "locks", "empty"), early, early);
  writeFileSync(join(root, "locks", "file"), "");
  removeIdleLocks(join(root, "locks"), 5_000, host);
  expect(readdirSync(join(root, "locks")).toSorted()).toEqual(["file", "held", "recent"]);
  removeIdleLocks(join(root, "nowhere"), 5_000, host);
});
