import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFolder, createPlugin, createTestClientHost, formatAnswer, openPlugin } from "../test-support/client-scene.ts";

test("with a margin a credential is renewed so long before its end, and without one at its end", async () => {
  for (const expiryMarginMs of [undefined, 0, 60_000]) {
    const host = createTestClientHost();
    const script = createPlugin();
    script.answer(formatAnswer({ token: "t", expirationTimestamp: "2030-01-01T00:10:00Z" }));
    const plugin = openPlugin(script.command, { expiryMarginMs }, host);
    await plugin.get();
    host.advance(600_000 - (expiryMarginMs ?? 0));
    await plugin.get();
    expect(script.runs()).toHaveLength(1);
    host.advance(1);
    script.answer(formatAnswer({ token: "t", expirationTimestamp: "2030-01-01T01:00:00Z" }));
    await plugin.get();
    await plugin.get();
    expect(script.runs()).toHaveLength(2);
  }
});

test("what another process has kept is not used within the margin", async () => {
  const host = createTestClientHost();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "t", expirationTimestamp: "2030-01-01T00:10:00Z" }));
  const texts = new Map<string, string>();
  const cache = {
    read: async (key: string) => texts.get(key),
    write: async (key: string, text: string) => void texts.set(key, text),
    remove: async (key: string) => void texts.delete(key),
  };
  await openPlugin(script.command, { cache }, host).get();
  host.advance(540_001);
  await openPlugin(script.command, { cache }, host).get();
  expect(script.runs()).toHaveLength(1);
  await openPlugin(script.command, { cache, expiryMarginMs: 60_000 }, host).get();
  expect(script.runs()).toHaveLength(2);
});

function placeInHome(): { readonly home: string; readonly path: string } {
  const home = createFolder();
  const script = createPlugin();
  script.answer(formatAnswer({ token: "from-home" }));
  mkdirSync(join(home, "bin"));
  const path = join(home, "bin", "plugin");
  copyFileSync(script.command, path);
  chmodSync(path, 0o755);
  return { home, path };
}

test("a command below the home folder is found there on demand, and else taken as it is written", async () => {
  const { home } = placeInHome();
  const host = createTestClientHost({ HOME: home });
  const credential = await openPlugin("~/bin/plugin", { isHomeExpanded: true }, host).get();
  expect(credential.token?.reveal()).toBe("from-home");
  for (const options of [{}, { isHomeExpanded: false }]) {
    await expect(openPlugin("~/bin/plugin", options, host).get()).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
  }
});

test.each(["~", "~root/bin/plugin", "a/~/bin/plugin", "~bin"])("the command %s names no place below the home folder", async (command) => {
  const { home } = placeInHome();
  const plugin = openPlugin(command, { isHomeExpanded: true }, createTestClientHost({ HOME: home }));
  await expect(plugin.get()).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
});

test("the policy judges the place that a command below the home folder has", async () => {
  const { home, path } = placeInHome();
  const host = createTestClientHost({ HOME: home });
  const ask = async (...allowlist: readonly string[]): Promise<unknown> =>
    await openPlugin("~/bin/plugin", { isHomeExpanded: true, policy: { type: "Allowlist", allowlist } }, host).get();
  await ask(path);
  await expect(ask("/usr/bin/plugin")).rejects.toMatchObject({ code: "POLICY_REFUSED" });
  await expect(ask("~/bin/plugin")).rejects.toMatchObject({ code: "POLICY_REFUSED" });
});

function isToldInteractive(run: string | undefined): unknown {
  const { spec }: { readonly spec: { readonly interactive: unknown } } = JSON.parse(run ?? "");
  return spec.interactive;
}

test.each([
  ["IfAvailable", { isInputTaken: true }, true, false],
  ["IfAvailable", { isInputTaken: true }, false, false],
  ["IfAvailable", {}, false, false],
  ["IfAvailable", {}, true, true],
  ["Always", {}, true, true],
  ["Never", {}, true, false],
])("mode %s with %j at a terminal (%s) tells the plugin: interactive %s", async (interactiveMode, options, isTerminal, isInteractive) => {
  const host = createTestClientHost();
  host.isTerminal = isTerminal;
  const script = createPlugin();
  script.answer(formatAnswer({ token: "t" }));
  await openPlugin(script.command, options, host, { interactiveMode }).get();
  expect(script.runs().map((run) => isToldInteractive(run))).toEqual([isInteractive]);
});

test.each([
  [{ isInputTaken: true }, true, /standard input is unavailable$/],
  [{ isInputTaken: true, inputTakenBy: "the manifest of -f -" }, true, /standard input is unavailable: the manifest of -f -$/],
  [{ isInputTaken: true }, false, /not a terminal$/],
])("a plugin that must ask is not run with %j at a terminal (%s)", async (options, isTerminal, message) => {
  const host = createTestClientHost();
  host.isTerminal = isTerminal;
  const script = createPlugin();
  const asked = openPlugin(script.command, options, host, { interactiveMode: "Always" }).get();
  await expect(asked).rejects.toMatchObject({ code: "LOGIN_REQUIRED", message: expect.stringMatching(message) });
  expect(script.runs()).toEqual([]);
});
