import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@kubepass/wire";
import { afterEach, expect, test } from "vitest";
import { createFakeHost, testSessionStore, type FakeHost } from "../testing/index.ts";
import { createFileSessionStore } from "./file-session-store.ts";
import { createKeyringSessionStore } from "./keyring-session-store.ts";

const hosts: FakeHost[] = [];
const key = "c".repeat(64);

function makeHost(): FakeHost {
  const host = createFakeHost();
  hosts.push(host);
  return host;
}

afterEach(() => {
  for (const host of hosts.splice(0)) host.remove();
});

testSessionStore(test, "file store", () => createFileSessionStore(makeHost()));
testSessionStore(test, "keyring store", () => createKeyringSessionStore(makeHost()));

test("a session too large for the keyring lies encrypted in a file, and its key in the keyring", async () => {
  const host = makeHost();
  const secret = "refresh-token-".repeat(5_000);
  await createKeyringSessionStore(host).write(key, { secret: new Secret(secret) });
  const file = readFileSync(join(host.directories.state, "sessions", `${key}.enc`), "utf8");
  expect(file).not.toContain("refresh-token");
  expect([...host.keyringItems.values()].join("").length).toBeLessThan(100);
});

test("no file is left when a session fits into the keyring again, or is removed", async () => {
  const host = makeHost();
  const store = createKeyringSessionStore(host);
  const folder = join(host.directories.state, "sessions");
  await store.write(key, { secret: new Secret("x".repeat(5_000)) });
  await store.write(key, { secret: new Secret("x") });
  expect(readdirSync(folder)).toEqual([]);
  await store.write(key, { secret: new Secret("x".repeat(5_000)) });
  await store.remove(key);
  expect(readdirSync(folder)).toEqual([]);
  expect(host.keyringItems.size).toBe(0);
});

test("an encrypted session that was changed, or moved to another identity, does not open", async () => {
  const host = makeHost();
  const store = createKeyringSessionStore(host);
  const path = join(host.directories.state, "sessions", `${key}.enc`);
  await store.write(key, { secret: new Secret("x".repeat(5_000)) });
  const other = "d".repeat(64);
  host.keyringItems.set(`session/${other}`, host.keyringItems.get(`session/${key}`) ?? "");
  writeFileSync(join(host.directories.state, "sessions", `${other}.enc`), readFileSync(path), { mode: 0o600 });
  await expect(store.read(other)).rejects.toThrow(expect.objectContaining({ code: "SESSION_CORRUPT" }));
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/"tag":"./, '"tag":"!'), { mode: 0o600 });
  await expect(store.read(key)).rejects.toThrow(expect.objectContaining({ code: "SESSION_CORRUPT" }));
});

test("a damaged session is an error with a hint, in either store", async () => {
  const host = makeHost();
  const store = createFileSessionStore(host);
  await store.write(key, { secret: new Secret("x") });
  writeFileSync(join(host.directories.state, "sessions", `${key}.json`), '{"version":1', { mode: 0o600 });
  await expect(store.read(key)).rejects.toThrow(
    expect.objectContaining({ code: "SESSION_CORRUPT", hint: expect.stringContaining("sign in again") }),
  );
  host.keyringItems.set(`session/${key}`, "garbage");
  await expect(createKeyringSessionStore(host).read(key)).rejects.toThrow(expect.objectContaining({ code: "SESSION_CORRUPT" }));
});

test.each(["absent", "locked"] as const)("a keyring that is %s fails and leaves nothing behind", async (state) => {
  const host = makeHost();
  host.setKeyring(state);
  await expect(createKeyringSessionStore(host).write(key, { secret: new Secret("x") })).rejects.toThrow(
    expect.objectContaining({ code: "KEYRING_UNAVAILABLE" }),
  );
  expect(existsSync(join(host.directories.state, "sessions"))).toBe(false);
});
