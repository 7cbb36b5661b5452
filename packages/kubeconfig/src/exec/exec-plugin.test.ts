import { expect, test } from "vitest";
import { Secret } from "@kubepass/wire";
import { createExec, createFolder, createPlugin, createTestClientHost, openPlugin } from "../test-support/client-scene.ts";
import { ExecPlugin } from "./exec-plugin.ts";

const v1 = "client.authentication.k8s.io/v1";

test("an exit code and a signal are told apart", async () => {
  await expect(openPlugin(createPlugin("exit 3").command).get()).rejects.toMatchObject({
    code: "PLUGIN_FAILED",
    message: expect.stringContaining("exit code 3"),
  });
  await expect(openPlugin(createPlugin("kill -9 $$").command).get()).rejects.toMatchObject({
    code: "PLUGIN_FAILED",
    message: expect.stringContaining("SIGKILL"),
  });
});

test("what a plugin says to standard error is passed through, and its end is kept on demand", async () => {
  const host = createTestClientHost();
  const { command } = createPlugin("i=0; while [ $i -lt 2000 ]; do echo noise >&2; i=$((i+1)); done; echo 'session is over' >&2; exit 1");
  await expect(openPlugin(command, { isErrorOutputKept: true }, host).get()).rejects.toMatchObject({
    message: expect.stringMatching(/exit code 1: .*session is over$/u),
  });
  expect(host.errorOutput.join("").length).toBeGreaterThan(10_000);
});

test("a plugin that is not installed is named, with its own words on how to get it", async () => {
  await expect(
    openPlugin("kubepass-no-such-plugin", {}, createTestClientHost(), { installHint: "fetch it from the shop" }).get(),
  ).rejects.toMatchObject({
    code: "PLUGIN_NOT_FOUND",
    hint: "fetch it from the shop",
  });
  await expect(openPlugin("/nowhere/plugin").get()).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
  await expect(openPlugin(createFolder()).get()).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
});

test("a variable with a NUL is an error and no crash", async () => {
  const exec = createExec(createPlugin().command, { env: [{ name: "A", value: new Secret("\u0000") }] });
  const plugin = new ExecPlugin({ exec, apiVersion: v1, cluster: undefined, options: {} }, "key", createTestClientHost());
  await expect(plugin.get()).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
});

test("after a failure there is a pause, on demand, that grows", async () => {
  const host = createTestClientHost();
  const script = createPlugin("exit 1");
  const plugin = openPlugin(script.command, { failurePauseMs: 1_000 }, host);
  const fail = async (): Promise<void> => await expect(plugin.get()).rejects.toMatchObject({ code: "PLUGIN_FAILED" });
  await fail();
  await fail();
  expect(script.runs()).toHaveLength(1);
  host.advance(1_000);
  await fail();
  host.advance(1_000);
  await fail();
  expect(script.runs()).toHaveLength(2);
  host.advance(1_000);
  await fail();
  expect(script.runs()).toHaveLength(3);
});

test("standard input is the plugin's only where it may ask", async () => {
  const { command } = createPlugin("read line || printf '%s' '{}'");
  await expect(openPlugin(command).get()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  const exec = createExec(command, { interactiveMode: "Always" });
  const plugin = new ExecPlugin({ exec, apiVersion: v1, cluster: undefined, options: {} }, "key", createTestClientHost());
  await expect(plugin.get()).rejects.toMatchObject({ code: "LOGIN_REQUIRED" });
});
