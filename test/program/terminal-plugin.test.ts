import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority, startServer } from "@kubepass/network/test-support";
import { waitUntil } from "@kubepass/plugin-sdk/testing";

const program = fileURLToPath(new URL("ask-cluster.ts", import.meta.url));
// util-linux's `script` gives a program a terminal.
const hasTerminals = process.platform === "linux" && spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

interface Scene {
  readonly command: string;
  /** What the plugin was told. */
  info(): string;
}

/** A plugin that asks for a word where it may, which is its token then, and the command that asks a cluster with it. */
async function createScene(interactiveMode: string): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-terminal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startServer(
    (request, response) => void response.end(request.headers.authorization),
    await (await createAuthority()).issue(),
  );
  const [plugin, told, path] = [join(folder, "plugin"), join(folder, "told"), join(folder, "config")];
  const answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}';
  const lines = [
    "#!/bin/sh",
    `printf '%s' "$KUBERNETES_EXEC_INFO" >'${told}'`,
    "word=nobody-to-ask",
    "if [ -t 0 ]; then printf 'Word, please: ' >&2; read -r word; fi",
    `printf '${answer}' "$word"`,
  ];
  writeFileSync(plugin, `${lines.join("\n")}\n`, { mode: 0o755 });
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin, interactiveMode };
  const document = {
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: server.origin, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { exec } }],
  };
  writeFileSync(path, JSON.stringify(document));
  const words = [process.execPath, "--conditions=@kubepass/source", "--import", "tsx", program, path];
  return { command: words.map((word) => `'${word}'`).join(" "), info: () => readFileSync(told, "utf8") };
}

/** Runs a command line at a terminal of its own; when it asks, somebody types a word. Everything that was shown. */
async function runAtTerminal(command: string): Promise<string> {
  const child = spawn("script", ["-qefc", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let shown = "";
  let isOver = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (!shown.includes("please: ") && `${shown}${text}`.includes("please: ")) child.stdin.write("sesame\n");
    shown += text;
  });
  child.once("close", () => (isOver = true));
  await waitUntil(() => isOver);
  return shown;
}

test.skipIf(!hasTerminals).each(["IfAvailable", "Always"])("at a terminal a plugin of mode %s asks a person", async (mode) => {
  const scene = await createScene(mode);
  expect(await runAtTerminal(scene.command)).toMatch(/Word, please: [^]*200 Bearer sesame/);
  expect(scene.info()).toContain('"interactive":true');
});

test.skipIf(!hasTerminals)("at a terminal a plugin of mode Never has no terminal, and asks nobody", async () => {
  const scene = await createScene("Never");
  expect(await runAtTerminal(scene.command)).toMatch(/200 Bearer nobody-to-ask/);
  expect(scene.info()).toContain('"interactive":false');
});

test.skipIf(!hasTerminals)("where standard input is no terminal, a plugin that must ask is not run, and one that may is told", async () => {
  const [may, must] = [await createScene("IfAvailable"), await createScene("Always")];
  expect(await runAtTerminal(`${may.command} </dev/null`)).toMatch(/200 Bearer nobody-to-ask/);
  expect(may.info()).toContain('"interactive":false');
  expect(await runAtTerminal(`${must.command} </dev/null`)).toContain("LOGIN_REQUIRED");
  expect(() => must.info()).toThrow(/ENOENT/);
});
