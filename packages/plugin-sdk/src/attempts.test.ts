import { CredentialError } from "@kubepass/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PipelineSettings } from "./credential-request.ts";
import { getCredential } from "./get-credential.ts";
import type { Host } from "./host.ts";
import type { Provider } from "./provider.ts";
import { createRequest } from "./testing/create-request.ts";
import { createFakeHost, waitUntil, type FakeHost } from "./testing/index.ts";
import { createScriptedProvider, type ScriptedProvider } from "./testing/scripted-provider.ts";

const hourMs = 60 * 60_000;

let host: FakeHost;
let provider: ScriptedProvider;

beforeEach(() => {
  host = createFakeHost();
  provider = createScriptedProvider();
});

afterEach(() => {
  host.remove();
});

async function getToken(change: Partial<PipelineSettings> = {}, on: Host = host, of: Provider = provider): Promise<string | undefined> {
  return (await getCredential(createRequest(of, change), on)).credential.token?.reveal();
}

test("a failed sign-in is repeated to kubectl's next tries without asking again, for a short time", async () => {
  const signIn = provider.signInWith;
  provider.signInWith = async (context) => {
    await context.requestPerson();
    throw new CredentialError("SIGN_IN_DENIED", "the person said no");
  };
  for (let turn = 0; turn < 5; turn += 1) {
    await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "SIGN_IN_DENIED" }));
  }
  expect(provider.calls.signIn).toBe(1);
  provider.signInWith = signIn;
  host.advance(11_000);
  expect(await getToken()).toMatch(/signed/);
});

test("a failed sign-in is tried again at once with other keys or another profile, and only then", async () => {
  const signIn = provider.signInWith;
  provider.signInWith = () => Promise.reject(new CredentialError("SOURCE_FAILED", "the profile has no keys"));
  const broken: Provider = { ...provider, sourceFingerprint: "broken" };
  for (let turn = 0; turn < 3; turn += 1) {
    await expect(getToken({}, host, broken)).rejects.toThrow(expect.objectContaining({ code: "SOURCE_FAILED" }));
  }
  expect(provider.calls.signIn).toBe(1);
  provider.signInWith = signIn;
  await expect(getToken({}, host, broken)).rejects.toThrow(expect.objectContaining({ code: "SOURCE_FAILED" }));
  expect(await getToken({}, host, { ...provider, sourceFingerprint: "mended" })).toMatch(/signed/);
});

test("processes that waited for a sign-in that failed fail alike instead of asking again", async () => {
  provider.signInWith = async (context) => {
    await context.requestPerson();
    throw new CredentialError("SIGN_IN_DENIED", "the person said no");
  };
  const hosts = Array.from({ length: 10 }, () => createFakeHost({ sharedWith: host }));
  const outcomes = await Promise.allSettled(hosts.map((each) => getToken({}, each)));
  expect(outcomes.map((outcome) => outcome.status)).toEqual(hosts.map(() => "rejected"));
  expect(provider.calls.signIn).toBe(1);
});

test("after three prompts that nobody answered no window opens until the person acts", async () => {
  const signIn = provider.signInWith;
  provider.signInWith = async (context) => {
    await (await context.requestPerson()).open("https://issuer.example");
    throw new CredentialError("SIGN_IN_TIMEOUT", "nobody answered");
  };
  for (let turn = 0; turn < 3; turn += 1) {
    await expect(getToken()).rejects.toThrow(expect.objectContaining({ code: "SIGN_IN_TIMEOUT" }));
    // Not after the last one: what follows at once is told the same as what follows much later.
    if (turn < 2) host.advance(60_000);
  }
  for (let turn = 0; turn < 5; turn += 1) {
    await expect(getToken()).rejects.toMatchObject({
      code: "LOGIN_REQUIRED",
      exitCode: 3,
      message: "the last 3 requests to sign in led to nothing (SIGN_IN_TIMEOUT: nobody answered), so no more are made",
      hint: "run: plugin login",
    });
    host.advance(hourMs * 24);
  }
  expect(host.openedUrls).toHaveLength(3);
  provider.signInWith = signIn;
  expect(await getToken({ isPersonActing: true })).toMatch(/signed/);
  host.advance(hourMs);
  expect(await getToken()).toMatch(/refreshed/);
});

test("a process that is killed while it asks counts as well", async () => {
  provider.signInWith = async (context) => {
    await context.requestPerson();
    return await new Promise(() => {});
  };
  for (let turn = 0; turn < 3; turn += 1) {
    const killed = createFakeHost({ sharedWith: host, isTerminal: false });
    void getToken({}, killed);
    await waitUntil(() => provider.calls.signIn === turn + 1);
    host.setRunning(killed.environment.ownProcess.id, false);
  }
  await expect(getToken()).rejects.toMatchObject({
    code: "LOGIN_REQUIRED",
    message: "the last 3 requests to sign in led to nothing, so no more are made",
  });
});

// A browser that is signed in answers by itself: nobody looks at the window that a background program opens.
test.each(["SIGN_IN_DENIED", "IDENTITY_CHANGED", "ISSUER_REFUSED"])(
  "after three windows that end in %s no other one opens",
  async (code) => {
    provider.signInWith = async (context) => {
      await (await context.requestPerson()).open("https://issuer.example");
      throw new CredentialError(code, "not so");
    };
    for (let poll = 0; poll < 20; poll += 1) {
      await expect(getToken()).rejects.toMatchObject({ code: poll < 3 ? code : "LOGIN_REQUIRED" });
      // The third one is not remembered.
      host.advance(30_000);
    }
    expect(host.openedUrls).toHaveLength(3);
  },
);

test("Ctrl-C at a terminal is an answer, and so is a password that was not given", async () => {
  for (let turn = 0; turn < 6; turn += 1) {
    const asked = createFakeHost({ sharedWith: host });
    provider.signInWith = async (context) => {
      await context.requestPerson();
      if (turn % 2 === 0) asked.interrupt();
      throw new CredentialError("CANCELLED", "no password was given");
    };
    await expect(getToken({}, asked)).rejects.toMatchObject({ code: turn % 2 === 0 ? "INTERRUPTED" : "CANCELLED" });
    host.advance(30_000);
  }
});
