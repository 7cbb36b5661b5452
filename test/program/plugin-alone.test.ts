import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildPlugin, makeUserFolder, startIssuer, startPlugin, type PluginRun } from "./plugin-runner.ts";

// A plugin of the SDK, which its caller has told that nobody may be asked.

test("--non-interactive: one line when it fails, with the warnings in it; warnings by themselves when it does not", async () => {
  const user = makeUserFolder();
  const issuer = await startIssuer();
  onTestFinished(() => {
    issuer.close();
    user.remove();
  });
  const plugin = await buildPlugin(user.path);
  const start = (...words: readonly string[]): PluginRun => startPlugin(plugin, user.path, issuer, {}, [], words);
  const damage = (): void => {
    const folder = join(user.path, "runtime", "credentials");
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "{", { mode: 0o600 });
  };
  expect((await start().ended).code).toBe(0);
  damage();
  const renewed = await start("--non-interactive").ended;
  expect(renewed.code).toBe(0);
  expect(JSON.parse(renewed.stderr)).toMatchObject({ kind: "Log", level: "warning", message: "dropping a damaged cache entry" });
  damage();
  const unread = start("--non-interactive");
  unread.child.stdout?.destroy();
  const told = await unread.ended;
  expect([told.code, told.stderr.split("\n").length]).toEqual([1, 2]);
  expect(JSON.parse(told.stderr)).toMatchObject({ code: "OUTPUT_FAILED", warnings: [{ message: "dropping a damaged cache entry" }] });
  damage();
  issuer.forget();
  const failed = await start("--non-interactive").ended;
  expect([failed.code, failed.stdout, failed.stderr.split("\n").length]).toEqual([3, "", 2]);
  expect(JSON.parse(failed.stderr)).toMatchObject({ code: "LOGIN_REQUIRED", warnings: [{ message: "dropping a damaged cache entry" }] });
});
