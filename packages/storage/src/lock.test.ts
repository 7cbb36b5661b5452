import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeIdleLocks } from "./idle-locks.ts";
import { failureOf, makeProcessesIn, take, takeLock, type TestProcess } from "./test-support/lock-scene.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kubepass-lock-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function makeProcesses(count: number): [TestProcess, ...TestProcess[]] {
  return makeProcessesIn(root, count);
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
