import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeEntry, writePrivateFile } from "@kubepass/plugin-sdk";
import { createFakeHost, type FakeHost } from "@kubepass/plugin-sdk/testing";
import { Secret } from "@kubepass/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatBuild } from "../build-info.ts";
import type { Invocation } from "../command.ts";
import { createProvider } from "../credential-request.ts";
import { gatherOptions } from "../options/gather-options.ts";
import { parseArguments } from "../options/parse-arguments.ts";
import type { ConfigFileState } from "../options/config-file.ts";
import { providers } from "../registry.ts";
import { answerAtOnce } from "./answer-at-once.ts";
import { describeCall } from "./describe-call.ts";
import { rememberShortcut } from "./remember-shortcut.ts";
import { findShortcut, formatShortcut, shortcutPath } from "./shortcut.ts";

let host: FakeHost;
let config: string;
beforeEach(() => {
  host = createFakeHost({ variables: {} });
  mkdirSync(host.directories.config, { recursive: true });
  config = join(host.directories.config, "config.yaml");
});
afterEach(() => host.remove());

/** A call as it is after its options were gathered, with a config file that had been as it is for a while. */
async function begin(argv: readonly string[]): Promise<Invocation> {
  const parsed = parseArguments(argv);
  const [provider] = providers;
  const options = await gatherOptions({ given: parsed.given, provider, own: [], clusterConfig: undefined }, host);
  const configFile: ConfigFileState = { path: config, state: "absent", ...options.configFile, readAt: new Date(Date.now() + 60_000) };
  return {
    host,
    stdout: { write: () => undefined },
    runtime: { name: "node", version: "22", architecture: "x64", kill: () => {}, programFile: "kubepass" },
    program: "kubepass",
    argv,
    parsed,
    provider,
    options: { ...options, configFile },
  };
}

const argv = ["get-token", "oidc", "--issuer-url=https://issuer.example", "--client-id=kubepass"];

/** Whether a shortcut is kept for a call, and holds after it. */
async function answer(more: readonly string[], meanwhile: () => void): Promise<boolean> {
  const all = [...argv, ...more];
  const invocation = await begin(all);
  const provider = await createProvider(invocation);
  meanwhile();
  rememberShortcut(invocation, provider);
  return findShortcut(host, describeCall(formatBuild(), all, {})) !== undefined;
}

describe("a shortcut", () => {
  test("is kept while the config file stays", async () => {
    writeFileSync(config, "oidc: {account: anna}");
    expect(await answer([], () => undefined)).toBe(true);
  });

  test("is of no use when the config file changed during the sign-in", async () => {
    writeFileSync(config, "oidc: {account: anna}");
    expect(await answer([], () => writeFileSync(config, "oidc: {account: berta}"))).toBe(false);
  });

  test("is of no use when a config file came during the sign-in", async () => {
    expect(await answer([], () => writeFileSync(config, "oidc: {account: berta}"))).toBe(false);
  });

  test.each([
    ["file", "--subject-token-file=./token"],
    ["command", "--subject-token-command=print-token"],
  ])("is not kept for a credential that is made from the token of a %s", async (_, flag) => {
    expect(await answer(["--grant-type=token-exchange", flag], () => undefined)).toBe(false);
  });
});

test("an entry that was made from something is not answered at once, whatever shortcut leads there", () => {
  const all = [...argv, "--account=anna"];
  const call = describeCall(formatBuild(), all, {});
  const key = "ab".repeat(32);
  const now = host.clock.now();
  const later = new Date(now.getTime() + 3_600_000);
  const shortcut = {
    provider: "oidc",
    key,
    apiVersion: "client.authentication.k8s.io/v1",
    configPath: config,
    configState: "absent",
  } as const;
  writePrivateFile(shortcutPath(host, call), formatShortcut(call, shortcut), host.environment.userId);
  const credential = { token: new Secret("t"), expiresAt: later };
  const entry = { key, provider: "oidc", issuer: undefined, subject: undefined, credential, issuedAt: now, renewAt: later };
  writeEntry(host, entry);
  expect(answerAtOnce(all, host)).toContain('"token":"t"');
  writeEntry(host, { ...entry, sourceFingerprint: "a" });
  expect(answerAtOnce(all, host)).toBeUndefined();
});
