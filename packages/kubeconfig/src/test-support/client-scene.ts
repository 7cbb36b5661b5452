import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { type ClientHost, createGroupSignal, judgeHttp2 } from "../client-host.ts";
import { ExecPlugin } from "../exec/exec-plugin.ts";
import type { PluginOptions } from "../exec/plugin-options.ts";
import type { ResolvedCluster, ResolvedConfig, ResolvedExec, ResolvedUser } from "../resolved-config.ts";
import { createTurnedClock, type TurnedClock } from "./turned-clock.ts";

/** A host whose clock only the test turns. */
export interface TestClientHost extends ClientHost, TurnedClock {
  readonly warnings: string[];
  /** What was written to standard error. */
  readonly errorOutput: string[];
  isTerminal: boolean;
}

/** A new host of one test; PATH is the process's own, for scripts need a shell. */
export function createTestClientHost(variables: Readonly<Record<string, string>> = {}): TestClientHost {
  const warnings: string[] = [];
  const errorOutput: string[] = [];
  const host: TestClientHost = {
    ...createTurnedClock(),
    warnings,
    errorOutput,
    isTerminal: false,
    environment: { variables: { PATH: process.env["PATH"] ?? "", ...variables }, platform: "linux" },
    log: { warn: (message) => void warnings.push(message), debug: () => {} },
    isInputTerminal: () => host.isTerminal,
    writeError: (text) => void errorOutput.push(text),
    canSpeakHttp2: judgeHttp2({ bun: process.versions["bun"] }),
    signalGroup: createGroupSignal((id, signal) => process.kill(id, signal)),
  };
  return host;
}

/** A folder of one test. */
export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-client-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A plugin of one test: a shell script that notes each run and prints what the test wants. */
export interface TestPlugin {
  readonly command: string;
  /** One line for each run so far: the plugin's KUBERNETES_EXEC_INFO. */
  runs(): readonly string[];
  /** What it prints from now on. */
  answer(value: unknown): void;
}

/** Writes a plugin; `script` replaces the part that prints the answer. */
export function createPlugin(script?: string): TestPlugin {
  const folder = createFolder();
  const [command, log, answer] = [join(folder, "plugin"), join(folder, "runs"), join(folder, "answer")];
  writeFileSync(command, `#!/bin/sh\nprintf '%s' "$KUBERNETES_EXEC_INFO" >>'${log}'\n${script ?? `cat '${answer}'`}\n`);
  chmodSync(command, 0o755);
  return {
    command,
    runs: () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []),
    answer: (value) => writeFileSync(answer, typeof value === "string" ? value : JSON.stringify(value)),
  };
}

/** What a good plugin prints. */
export function formatAnswer(status: Readonly<Record<string, unknown>>): unknown {
  return { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
}

/** An exec stanza. */
export function createExec(command: string, more: Partial<ResolvedExec> = {}): ResolvedExec {
  return {
    command,
    args: [],
    env: [],
    apiVersion: "client.authentication.k8s.io/v1",
    installHint: "",
    provideClusterInfo: false,
    interactiveMode: "Never",
    ...more,
  };
}

/** A plugin as a cluster's client holds it; `stanza` is what its entry has beside the command. */
export function openPlugin(
  command: string,
  options: PluginOptions = {},
  host: TestClientHost = createTestClientHost(),
  stanza: Partial<ResolvedExec> = {},
): ExecPlugin {
  const exec = createExec(command, stanza);
  return new ExecPlugin({ exec, apiVersion: "client.authentication.k8s.io/v1", cluster: undefined, options }, "key", host);
}

/** A configuration of one server and one user. */
export function createConfig(cluster: Partial<ResolvedCluster>, user: Partial<ResolvedUser> = {}): ResolvedConfig {
  return {
    source: "kubeconfig",
    context: "test",
    cluster: { name: "test", server: "", tlsServerName: "", insecureSkipTlsVerify: false, disableCompression: false, ...cluster },
    user: { name: "somebody", username: "", ...user },
    namespace: "default",
    isNamespaceOverridden: false,
    origins: {},
  };
}

/** Waits for a condition, looking at each turn of the event loop; for half a minute of a busy machine at most. */
export async function waitUntil(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error("the condition did not come true");
    await setImmediate();
  }
}
