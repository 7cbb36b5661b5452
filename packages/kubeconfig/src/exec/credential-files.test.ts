import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFolder } from "../test-support/client-scene.ts";
import type { CredentialCache, CredentialCacheLock, CredentialCacheWait } from "./credential-cache.ts";
import { CredentialFiles } from "./credential-files.ts";
import { createFileCredentialCache } from "./file-credential-cache.ts";

const [one, other] = ["1".repeat(64), "2".repeat(64)];
const startMs = Date.parse("2030-01-01T00:00:00Z");
const later = new Date(startMs + 600_000);

interface Scene {
  readonly store: CredentialFiles;
  readonly directory: string;
  pathOf(key: string): string;
  advance(durationMs: number): void;
}

function openScene(directory = join(createFolder(), "store"), processId = 1): Scene {
  let nowMs = startMs;
  const sleep = async (durationMs: number, signal: AbortSignal): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    nowMs += durationMs;
  };
  const host = {
    environment: { userId: process.geteuid?.(), ownProcess: { id: processId, start: "1", space: "test" }, isRunning: () => true },
    clock: { now: () => new Date(nowMs), sleep },
  };
  return {
    store: new CredentialFiles(host, { directory, lockTimeoutMs: 5_000 }),
    directory,
    pathOf: (key) => join(directory, "credentials", `${key}.json`),
    advance: (durationMs) => void (nowMs += durationMs),
  };
}

function listCredentials(scene: Scene): readonly string[] {
  return readdirSync(join(scene.directory, "credentials")).toSorted();
}

test("what is kept is found by whoever opens the same folder, until it is removed", async () => {
  const scene = openScene();
  expect(await scene.store.read(one)).toBeUndefined();
  await scene.store.remove(one);
  await scene.store.write(one, "text", later);
  await scene.store.write(other, "other text", later);
  const reopened = openScene(scene.directory).store;
  expect(await reopened.read(one)).toBe("text");
  await reopened.remove(one);
  expect(await scene.store.read(one)).toBeUndefined();
  expect(await scene.store.read(other)).toBe("other text");
});

test.each(["", "../../key", "k".repeat(64), one.slice(1), `${one}/x`])("a key %j that could be another path is refused", async (key) => {
  const { store } = openScene();
  await expect(store.read(key)).rejects.toThrow(TypeError);
  await expect(store.write(key, "text", later)).rejects.toThrow(TypeError);
  await expect(store.remove(key)).rejects.toThrow(TypeError);
  await expect(store.lock(key, createWait())).rejects.toThrow(TypeError);
});

test("a file that was copied to another key is dropped", async () => {
  const scene = openScene();
  await scene.store.write(one, "text", later);
  copyFileSync(scene.pathOf(one), scene.pathOf(other));
  expect(await scene.store.read(other)).toBeUndefined();
  expect(listCredentials(scene)).toEqual([`${one}.json`]);
});

test("whatever a file holds, it is an entry or dropped", async () => {
  const scene = openScene();
  await scene.store.write(one, "text", later);
  const known = fc.constantFrom<unknown>(1, one, later.toISOString(), "text", "", null, [], {});
  const entries = fc
    .record({ format: known, key: known, expiresAt: known, credential: known }, { requiredKeys: [] })
    .map((each) => JSON.stringify(each));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json(), entries), async (text) => {
      writeFileSync(scene.pathOf(one), text, { mode: 0o600 });
      const found = await scene.store.read(one);
      expect(existsSync(scene.pathOf(one))).toBe(found !== undefined);
      const entry = found === undefined ? {} : { key: one, credential: found };
      expect(found === undefined ? {} : JSON.parse(text)).toMatchObject(entry);
    }),
  );
});

test.each<[string, (scene: Scene) => void]>([
  ["a file open to others", (scene) => chmodSync(scene.pathOf(one), 0o640)],
  ["an open folder of files", ({ directory }) => chmodSync(join(directory, "credentials"), 0o750)],
  ["an open folder of the store", ({ directory }) => chmodSync(directory, 0o711)],
])("%s is refused", async (_, open) => {
  const scene = openScene();
  await scene.store.write(one, "text", later);
  open(scene);
  await expect(scene.store.read(one)).rejects.toMatchObject({ code: "STORE_UNSAFE" });
});

test("what ended long ago is removed when something is kept, with what killed writers left, and nothing else", async () => {
  const scene = openScene();
  const folder = join(scene.directory, "credentials");
  await scene.store.write(one, "text", later);
  await scene.store.write(other, "text", new Date(startMs + 30 * 3_600_000));
  const early = new Date(Date.now() - 2 * 3_600_000);
  for (const name of ["old.tmp", "new.tmp", "notes.txt"]) writeFileSync(join(folder, name), "x", { mode: 0o600 });
  for (const name of ["old.tmp", "notes.txt"]) utimesSync(join(folder, name), early, early);
  writeFileSync(scene.pathOf("3".repeat(64)), "damaged", { mode: 0o600 });
  symlinkSync(scene.pathOf(other), scene.pathOf("4".repeat(64)));
  scene.advance(3 * 3_600_000);
  const last = "5".repeat(64);
  await scene.store.write(last, "text", new Date(startMs + 4 * 3_600_000));
  expect(listCredentials(scene)).toEqual([`${other}.json`, `${"4".repeat(64)}.json`, `${last}.json`, "new.tmp", "notes.txt"]);
});

test("one that has only just ended stays for a while, because somebody may be about to replace it", async () => {
  const scene = openScene();
  await scene.store.write(one, "text", later);
  scene.advance(1_800_000);
  await scene.store.write(other, "text", new Date(startMs + 4 * 3_600_000));
  expect(listCredentials(scene)).toHaveLength(2);
});

test("locks of keys that nobody asks for go as well", async () => {
  const scene = openScene();
  (await take(scene.store, one)).release();
  (await take(scene.store, other)).release();
  const early = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(join(scene.directory, "locks", one, "1"), early, early);
  await scene.store.write(other, "text", later);
  expect(readdirSync(join(scene.directory, "locks"))).toEqual([other]);
});

function createWait(more: Partial<CredentialCacheWait> = {}): CredentialCacheWait {
  return { signal: new AbortController().signal, isDone: async () => false, onLongWait: () => {}, ...more };
}

async function take(store: CredentialCache, key: string): Promise<CredentialCacheLock> {
  const lock = await store.lock?.(key, createWait());
  if (lock === undefined) throw new TypeError("expected a lock");
  return lock;
}

test("a lock is waited for as long as was said, by others of the same key alone", async () => {
  const scene = openScene();
  const held = await take(scene.store, one);
  const second = openScene(scene.directory, 2).store;
  (await take(second, other)).release();
  const told: (number | undefined)[] = [];
  await expect(second.lock(one, createWait({ onLongWait: (id) => told.push(id) }))).rejects.toMatchObject({
    code: "LOCK_TIMEOUT",
    message: "process 1 has been running the same credential plugin for more than 5 s",
  });
  expect(told).toEqual([1]);
  held.release();
  (await take(second, one)).release();
});

test("a lock is not needed any more when what it was for is done", async () => {
  const scene = openScene();
  await take(scene.store, one);
  let looks = 0;
  const isDone = async (): Promise<boolean> => (looks += 1) > 2;
  expect(await openScene(scene.directory, 2).store.lock(one, createWait({ isDone }))).toBeUndefined();
});

test("the wait for a lock ends with its signal", async () => {
  const scene = openScene();
  await take(scene.store, one);
  const controller = new AbortController();
  const waiting = openScene(scene.directory, 2).store.lock(one, createWait({ signal: controller.signal }));
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

function createRunning(env: NodeJS.ProcessEnv): NodeJS.Process {
  return Object.create(process, { env: { value: env } }) as NodeJS.Process;
}

test("the store of a program lies in its runtime folder, unless it is told another place", async () => {
  const folder = createFolder();
  const running = createRunning({ KUBEPASS_RUNTIME_DIR: join(folder, "kubepass"), ACME_RUNTIME_DIR: join(folder, "acme") });
  const end = new Date(Date.now() + 600_000);
  await createFileCredentialCache(running).write(one, "first", end);
  await createFileCredentialCache(running, { name: "acme" }).write(one, "second", end);
  await createFileCredentialCache(running, { directory: join(folder, "own") }).write(one, "third", end);
  const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path, "credentials", `${one}.json`), "utf8"));
  expect(read("kubepass/exec-plugins")).toMatchObject({ credential: "first" });
  expect(read("acme/exec-plugins")).toMatchObject({ credential: "second" });
  expect(read("own")).toMatchObject({ credential: "third" });
});

test("a store that is made touches nothing before it is used", async () => {
  const folder = createFolder();
  const store = createFileCredentialCache(createRunning({ KUBEPASS_RUNTIME_DIR: join(folder, "kubepass") }));
  await store.read(one);
  await store.remove(one);
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(join(folder, "kubepass"), { mode: 0o700 });
  const lock = await take(store, one);
  lock.release();
  expect(readdirSync(join(folder, "kubepass"))).toEqual(["exec-plugins"]);
});
