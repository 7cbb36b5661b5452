import { existsSync } from "node:fs";
import { join } from "node:path";
import { CredentialError, Secret } from "@kubepass/wire";
import { expect, onTestFinished, test } from "vitest";
import { createFakeHost, type FakeHost } from "../testing/index.ts";
import { writeSession } from "./choose-session-store.ts";

const key = "d".repeat(64);

/** A person presses Ctrl-C at the prompt of a keyring that then gives up. */
function createInterruptedHost(): FakeHost {
  const host = createFakeHost();
  onTestFinished(() => host.remove());
  const write = async (): Promise<never> => {
    host.interrupt();
    return await Promise.reject(new CredentialError("KEYRING_UNAVAILABLE", "the keyring did not answer"));
  };
  Object.assign(host.keyring, { write });
  return host;
}

async function keep(setting: "auto" | "keyring", isSignIn: boolean, host: FakeHost): Promise<string> {
  const choice = { setting, record: undefined, isSignIn, isSamePerson: true, announce: () => {} };
  return (await writeSession(key, { secret: new Secret("x") }, choice, host)).store;
}

test.each(["auto", "keyring"] as const)("Ctrl-C at the keyring's prompt ends a sign-in (session store: %s)", async (setting) => {
  const host = createInterruptedHost();
  await expect(keep(setting, true, host)).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(existsSync(join(host.directories.state, "sessions", `${key}.json`))).toBe(false);
  expect(host.output()).toBe("");
});

test("Ctrl-C loses no session that a refresh has rotated", async () => {
  expect(await keep("auto", false, createInterruptedHost())).toBe("file");
});
