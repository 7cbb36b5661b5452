import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeHost, type FakeHost } from "../testing/fake-host.ts";
import { acquireLock, type IdentityLock, type LockWait } from "./lock.ts";

const hosts: FakeHost[] = [];

function makeHosts(count: number): [FakeHost, ...FakeHost[]] {
  const first = createFakeHost();
  const others = Array.from({ length: count - 1 }, () => createFakeHost({ sharedWith: first }));
  hosts.push(first);
  return [first, ...others];
}

afterEach(() => {
  for (const host of hosts.splice(0)) host.remove();
});

async function take(host: FakeHost, wait: Partial<LockWait<string>> = {}): Promise<IdentityLock | string> {
  const directory = join(host.root, "lock");
  const outcome = await acquireLock(
    { directory, timeoutMs: 60_000, signal: host.signal, find: () => undefined, onLongWait: () => {}, ...wait },
    host,
  );
  return outcome.kind === "acquired" ? outcome.lock : outcome.value;
}

async function takeLock(host: FakeHost, wait: Partial<LockWait<string>> = {}): Promise<IdentityLock> {
  const taken = await take(host, wait);
  if (typeof taken === "string") throw new TypeError("expected a lock");
  return taken;
}

test("of many who want it at once exactly one holds it at any time", async () => {
  let holders = 0;
  let most = 0;
  const turns = makeHosts(30).map(async (host) => {
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
  const [host] = makeHosts(1);
  for (let turn = 0; turn < 5; turn += 1) (await takeLock(host)).release();
  expect(readdirSync(join(host.root, "lock"))).toEqual(["5"]);
});

test("whoever waits leaves as soon as the work is done by another", async () => {
  const [holder, waiter] = makeHosts(2);
  await takeLock(holder);
  let looks = 0;
  expect(await take(waiter as FakeHost, { find: () => ((looks += 1) > 3 ? "done" : undefined) })).toBe("done");
});

test("the lock of a dead process is taken over, and the dead one learns that it lost it", async () => {
  const [holder, follower] = makeHosts(2);
  const lost = await takeLock(holder);
  follower?.setRunning(holder.environment.ownProcess.id, false);
  const lock = await takeLock(follower as FakeHost);
  expect(lost.isHeld()).toBe(false);
  expect(lock.isHeld()).toBe(true);
  lost.release();
  expect(lock.isHeld()).toBe(true);
});

test("a holder that died before it named itself is replaced after a second", async () => {
  const [host] = makeHosts(1);
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
  const [host] = makeHosts(1);
  const elsewhere = { ...host, environment: { ...host.environment, isRunning: () => undefined } };
  const directory = join(host.root, "lock");
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, "1"), JSON.stringify({ id: 1, start: "1", space: "container" }));
  await expect(take(elsewhere, { timeoutMs: 500 })).rejects.toThrow(expect.objectContaining({ code: "LOCK_TIMEOUT" }));
  const early = new Date(Date.now() - 11_000);
  utimesSync(join(directory, "1"), early, early);
  (await takeLock(elsewhere)).release();
});

test("waiting is bounded, tells who holds the lock after a few seconds, and once", async () => {
  const [holder, waiter] = makeHosts(2);
  await takeLock(holder);
  const told: (number | undefined)[] = [];
  const waiting = take(waiter as FakeHost, { timeoutMs: 10_000, onLongWait: (who) => told.push(who?.id) });
  await expect(waiting).rejects.toThrow(
    expect.objectContaining({ code: "LOCK_TIMEOUT", message: expect.stringContaining("process 1000") }),
  );
  expect(told).toEqual([1000]);
});

test("Ctrl-C ends the wait at once", async () => {
  const [holder, waiter] = makeHosts(2);
  await takeLock(holder);
  const waiting = take(waiter as FakeHost);
  waiter?.interrupt();
  await expect(waiting).rejects.toThrow(expect.objectContaining({ code: "INTERRUPTED" }));
});

test("a stranger's file in the folder is no lock", async () => {
  const [host] = makeHosts(1);
  const directory = join(host.root, "lock");
  mkdirSync(directory, { mode: 0o700 });
  for (const name of ["x", "1.tmp", "-3", "99999999999999999999"]) writeFileSync(join(directory, name), "{}");
  (await takeLock(host)).release();
  expect(readdirSync(directory)).toContain("1");
});
