import assert from "node:assert/strict";
import { Secret } from "@kubepass/wire";
import type { SessionStore } from "../sessions/session-store.ts";

/** The `test` function of vitest, bun:test or node:test. */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown;

const key = "a".repeat(64);
const otherKey = "b".repeat(64);

/**
 * What every {@link SessionStore} must do. `create` gives a store; two stores of one call of the suite share nothing.
 */
export function testSessionStore(test: TestFunction, name: string, create: () => SessionStore): void {
  test(`${name}: a session that was never written is absent`, async () => {
    assert.equal(await create().read(key), undefined);
  });

  test(`${name}: a session comes back as it was written, whatever its size and characters`, async () => {
    const store = create();
    for (const text of ["x", 'ü\u0000\n"\\', "y".repeat(1_200), "z".repeat(64 * 1024)]) {
      const expiresAt = new Date("2030-01-02T03:04:05.678Z");
      await store.write(key, { secret: new Secret(text), expiresAt });
      const read = await store.read(key);
      assert.equal(read?.secret.reveal(), text);
      assert.deepEqual(read?.expiresAt, expiresAt);
    }
  });

  test(`${name}: a shorter session replaces a longer one`, async () => {
    const store = create();
    await store.write(key, { secret: new Secret("long".repeat(2_000)) });
    await store.write(key, { secret: new Secret("short") });
    assert.equal((await store.read(key))?.secret.reveal(), "short");
  });

  test(`${name}: sessions of two keys do not meet`, async () => {
    const store = create();
    await store.write(key, { secret: new Secret("one") });
    await store.write(otherKey, { secret: new Secret("two") });
    await store.remove(key);
    assert.equal(await store.read(key), undefined);
    assert.equal((await store.read(otherKey))?.secret.reveal(), "two");
  });

  test(`${name}: removing what is not there is no error`, async () => {
    await create().remove(key);
  });
}
