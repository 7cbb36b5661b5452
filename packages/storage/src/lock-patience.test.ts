import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { IdentityLock, LockWait } from "./lock.ts";
import { failureOf, makeProcessesIn, take, takeLock, type TestProcess } from "./test-support/lock-scene.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kubepass-patience-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function makeProcesses(count: number): [TestProcess, ...TestProcess[]] {
  return makeProcessesIn(root, count);
}

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
