import { expect, test } from "vitest";
import { createAuthority } from "@kubepass/network/test-support";
import { CredentialError } from "@kubepass/wire";
import { createPlugin, createTestClientHost, formatAnswer, openPlugin } from "../test-support/client-scene.ts";
import type { CredentialCache } from "./credential-cache.ts";

const expirationTimestamp = "2030-01-01T01:00:00Z";

interface TestStore extends CredentialCache {
  readonly texts: Map<string, string>;
}

function createStore(): TestStore {
  const texts = new Map<string, string>();
  return {
    texts,
    read: async (key) => texts.get(key),
    write: async (key, text) => void texts.set(key, text),
    remove: async (key) => void texts.delete(key),
  };
}

const refuse = async (): Promise<never> => {
  throw new CredentialError("STORE_UNWRITABLE", "cannot use /nowhere (EROFS)");
};

test.each([
  ["AWS_PROFILE", 2],
  ["PWD", 1],
])("a process with another %s makes %d runs with the same cache", async (name, runs) => {
  const cache = createStore();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "t", expirationTimestamp: "2030-01-01T01:00:00Z" }));
  for (const value of ["admin", "dev"]) await openPlugin(script.command, { cache }, createTestClientHost({ [name]: value })).get();
  expect(script.runs()).toHaveLength(runs);
});

test("a credential is kept from one process to the next, until the server refuses it", async () => {
  const cache = createStore();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "t", expirationTimestamp: "2030-01-01T01:00:00Z" }));
  await openPlugin(script.command, { cache }).get();
  const second = openPlugin(script.command, { cache });
  const kept = await second.get();
  expect(kept.token?.reveal()).toBe("t");
  expect(script.runs()).toHaveLength(1);
  await second.replace(kept);
  expect(script.runs()).toHaveLength(2);
});

test("a store that cannot remove fails no request, and the refused credential is not taken from it again", async () => {
  const cache = { ...createStore(), remove: refuse };
  const script = createPlugin();
  script.answer(formatAnswer({ token: "old", expirationTimestamp }));
  const host = createTestClientHost();
  const plugin = openPlugin(script.command, { cache }, host);
  const refused = await plugin.get();
  script.answer(formatAnswer({ token: "new", expirationTimestamp }));
  expect((await plugin.replace(refused)).token?.reveal()).toBe("new");
  expect(host.warnings).toEqual([expect.stringContaining("the credential store cannot be used")]);
});

test("after a refusal, what another process has stored since is taken, and no plugin runs", async () => {
  const cache = createStore();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "old", expirationTimestamp }));
  const [one, other] = [openPlugin(script.command, { cache }), openPlugin(script.command, { cache })];
  const [refused, alsoRefused] = [await one.get(), await other.get()];
  script.answer(formatAnswer({ token: "new", expirationTimestamp }));
  expect((await one.replace(refused)).token?.reveal()).toBe("new");
  expect((await other.replace(alsoRefused)).token?.reveal()).toBe("new");
  expect(script.runs()).toHaveLength(2);
});

test("a refused credential goes from the store even when the plugin then fails", async () => {
  const cache = createStore();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "old", expirationTimestamp }));
  const plugin = openPlugin(script.command, { cache });
  const refused = await plugin.get();
  script.answer("broken");
  await expect(plugin.replace(refused)).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  expect(cache.texts.size).toBe(0);
});

test("a plugin that gives the refused credential again does not give it to other processes", async () => {
  const cache = createStore();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "t", expirationTimestamp }));
  const plugin = openPlugin(script.command, { cache });
  expect((await plugin.replace(await plugin.get())).token?.reveal()).toBe("t");
  expect(cache.texts.size).toBe(0);
});

test("a stored certificate whose key is another one is dropped, and the plugin runs", async () => {
  const authority = await createAuthority();
  const [pair, stranger] = [await authority.issue(), await authority.issue()];
  const cache = createStore();
  const script = createPlugin();
  const host = createTestClientHost();
  const status = { clientCertificateData: pair.certificatePem, clientKeyData: pair.privateKeyPem, expirationTimestamp };
  script.answer(formatAnswer(status));
  await openPlugin(script.command, { cache }, host).get();
  for (const key of cache.texts.keys()) {
    cache.texts.set(key, JSON.stringify(formatAnswer({ ...status, clientKeyData: stranger.privateKeyPem })));
  }
  const { clientCertificate } = await openPlugin(script.command, { cache }, host).get();
  expect(clientCertificate?.privateKeyPem.reveal()).toBe(pair.privateKeyPem);
  expect(script.runs()).toHaveLength(2);
  expect(host.warnings).toEqual([expect.stringContaining("damaged")]);
});

test.each([
  ["nothing of the kind", "{}"],
  ["half of one", '{"apiVersion":"client.authentication.k8s.io/v1","kind":"Exec'],
  ["one of another version", JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1beta1", status: { token: "t" } })],
  ["nothing at all", ""],
])("a stored credential that is %s is dropped", async (_, text) => {
  const cache = createStore();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "t" }));
  const plugin = openPlugin(script.command, {
    cache: { ...cache, read: async () => text, remove: async (key) => void cache.texts.set(key, "gone") },
  });
  expect((await plugin.get()).token?.reveal()).toBe("t");
  expect([...cache.texts.values()]).toEqual(["gone"]);
});

test("a store that can do nothing is one warning, and the plugin runs", async () => {
  const script = createPlugin();
  const host = createTestClientHost();
  script.answer(formatAnswer({ token: "t", expirationTimestamp }));
  const cache: CredentialCache = { read: refuse, write: refuse, remove: refuse, lock: refuse };
  expect((await openPlugin(script.command, { cache }, host).get()).token?.reveal()).toBe("t");
  expect(host.warnings).toEqual(["the credential store cannot be used, so that the plugin runs more often: cannot use /nowhere (EROFS)"]);
});

test("what was stored while another process held the lock is taken", async () => {
  const store = createStore();
  const script = createPlugin();
  const host = createTestClientHost();
  const text = JSON.stringify(formatAnswer({ token: "of another", expirationTimestamp }));
  const cache: CredentialCache = {
    ...store,
    async lock(key, wait) {
      expect(await wait.isDone()).toBe(false);
      wait.onLongWait(7);
      store.texts.set(key, text);
      return (await wait.isDone()) ? undefined : { release: () => {} };
    },
  };
  expect((await openPlugin(script.command, { cache }, host).get()).token?.reveal()).toBe("of another");
  expect(script.runs()).toEqual([]);
  expect(host.warnings).toEqual(["waiting for the credential plugin that process 7 runs"]);
});

test("the lock is given back also when the plugin fails", async () => {
  let held = 0;
  const lock = async (): Promise<{ release(): void }> => {
    held += 1;
    return { release: () => void (held -= 1) };
  };
  await expect(openPlugin(createPlugin("exit 1").command, { cache: { ...createStore(), lock } }).get()).rejects.toMatchObject({
    code: "PLUGIN_FAILED",
  });
  expect(held).toBe(0);
});

test("whoever does not want to wait for another process any more gets his reason", async () => {
  const controller = new AbortController();
  const cache: CredentialCache = {
    ...createStore(),
    lock: (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
  };
  const script = createPlugin();
  const waiting = openPlugin(script.command, { cache }).get(controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(script.runs()).toEqual([]);
});
