import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../testing/wait-until.ts";
import { createBrowser, formatBrowserCommand } from "./browser.ts";

const url = "https://issuer.example/authorize?a=1&b=2";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-browser-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function writeProgram(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("the URL takes the place of {url}, or comes last, as one argument", () => {
  expect(formatBrowserCommand(["firefox", "--profile", "work"], url)).toEqual(["firefox", "--profile", "work", url]);
  expect(formatBrowserCommand(["cmd", "--url={url}", "--new"], url)).toEqual(["cmd", `--url=${url}`, "--new"]);
});

test("a browser gets the URL untouched, none of our variables, and cannot write into our output", async () => {
  const program = writeProgram("browser", `echo noise; { printf '%s\\n' "$1"; env; } > '${folder}/seen'`);
  const variables = { PATH: "/usr/bin:/bin", KUBERNETES_EXEC_INFO: "{}", KUBEPASS_OIDC_CLIENT_SECRET: "hidden", LANG: "C" };
  const browser = createBrowser({ platform: "linux", variables, variablePrefix: "KUBEPASS" });
  expect(await browser.open(url, [program])).toBe(true);
  await waitUntil(() => existsSync(join(folder, "seen")));
  const seen = readFileSync(join(folder, "seen"), "utf8");
  expect(seen.split("\n")[0]).toBe(url);
  expect(seen).toContain("LANG=C");
  expect(seen).not.toMatch(/KUBE/);
});

test("a browser that stays open is not waited for", async () => {
  const program = writeProgram("browser", `echo $$ > '${folder}/id'; exec sleep 300`);
  const browser = createBrowser({ platform: "linux", variables: {}, variablePrefix: "KUBEPASS" });
  expect(await browser.open(url, [program])).toBe(true);
  // It is there, and runs on.
  await waitUntil(() => existsSync(join(folder, "id")) && readFileSync(join(folder, "id"), "utf8").endsWith("\n"));
  expect(process.kill(Number(readFileSync(join(folder, "id"), "utf8")), "SIGKILL")).toBe(true);
});

test("a browser that is missing or fails is said not to have opened", async () => {
  const browser = createBrowser({ platform: "linux", variables: {}, variablePrefix: "KUBEPASS", earlyExitMs: 60_000 });
  expect(await browser.open(url, [join(folder, "nothing")])).toBe(false);
  expect(await browser.open(url, [writeProgram("failing", "exit 3")])).toBe(false);
});

test("the system's opener is found with an empty environment", async () => {
  const browser = createBrowser({ platform: "linux", variables: { PATH: folder }, variablePrefix: "KUBEPASS" });
  writeProgram("xdg-open", `printf '%s' "$1" > '${folder}/seen'`);
  expect(await browser.open(url)).toBe(true);
  await waitUntil(() => existsSync(join(folder, "seen")));
});
