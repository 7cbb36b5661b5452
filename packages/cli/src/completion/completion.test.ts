import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { visibleCommands } from "../commands.ts";
import { globalOptions } from "../options/global-options.ts";
import { providers } from "../registry.ts";
import { type Candidate, findCompletions } from "./find-completions.ts";
import { getCompletionScript } from "./scripts.ts";
import { formatCompletions, readShellWords } from "./shell-form.ts";
import { completionShells } from "./shells.ts";

function list(...words: readonly string[]): readonly string[] | "files" {
  const completions = findCompletions(words);
  return completions.kind === "files" ? "files" : completions.candidates.map(({ text }) => text);
}

describe("what could come next", () => {
  test("is a command", () => {
    expect(list("")).toEqual([...new Set(visibleCommands().map(({ name }) => name.split(" ")[0]))]);
    expect(list("log")).toEqual(["login", "logout"]);
  });

  test("is a provider", () => {
    expect(list("get-token", "")).toEqual(["oidc", "eks"]);
    expect(list("get-token", "--interaction=never", "")).toEqual(["oidc", "eks"]);
    expect(list("get-token", "oidc", "")).toEqual([]);
  });

  test("is every flag of the command", () => {
    const flags = list("get-token", "oidc", "--");
    for (const spec of [...globalOptions, ...(providers[0]?.options ?? [])]) expect(flags).toContain(`--${spec.name}`);
    expect(list("logout", "--al")).toEqual(["--all"]);
    expect(list("status", "--issuer")).toEqual([]);
  });

  test.each([
    [
      ["status", "--output", ""],
      ["text", "json", "yaml"],
    ],
    [["status", "-o", "j"], ["json"]],
    [["status", "--output=y"], ["--output=yaml"]],
    [["get-token", "oidc", "--grant-type", "dev"], ["device-code"]],
    [["get-token", "oidc", "--client-secret-file", ""], "files"],
    [["get-token", "oidc", "--certificate-authority="], "files"],
    [["get-token", "oidc", "--client-id", ""], []],
    [["completion", ""], [...completionShells]],
    [["help", "ex"], ["exit-codes"]],
    [["help", "oi"], ["oidc"]],
    [["help", "serv"], ["serve"]],
    [["help", "serve", ""], ["init"]],
    [["help", "oidc", ""], []],
    [["help", "get-token", "oi"], ["oidc"]],
    [["help", "get-token", ""], providers.map(({ name }) => name)],
    [["help", "get-token", "oidc", ""], []],
    [["help", "version", ""], []],
    [["__complete", ""], []],
  ])("after %j is %j", (words, expected) => {
    expect(list(...words)).toEqual(expected);
  });
});

describe("shells hand words over and read answers in their own ways", () => {
  test("bash breaks words at = and :", () => {
    expect(readShellWords("bash", ["get-token", "oidc", "--issuer-url", "=", "https", ":", "//a", "--grant-type", "=", "dev"])).toEqual([
      "get-token",
      "oidc",
      "--issuer-url=https://a",
      "--grant-type=dev",
    ]);
    expect(formatCompletions("bash", findCompletions(["status", "--output=j"]))).toBe("json\n");
  });

  test("PowerShell needs a sign before the word, or an empty one is lost", () => {
    expect(readShellWords("powershell", ["status", "="])).toEqual(["status", ""]);
  });

  const candidates: readonly Candidate[] = [{ text: "a:b", description: "what it is" }];
  test.each([
    ["bash", "a:b\n"],
    ["zsh", "a\\:b:what it is\n"],
    ["fish", "a:b\twhat it is\n"],
    ["powershell", "a:b\twhat it is\n"],
    ["kubectl", "a:b\twhat it is\n:4\n"],
  ] as const)("%s", (shell, expected) => {
    expect(formatCompletions(shell, { kind: "words", candidates })).toBe(expected);
  });

  test.each([
    ["bash", ":files\n"],
    ["kubectl", ":0\n"],
  ] as const)("%s completes file names itself", (shell, expected) => {
    expect(formatCompletions(shell, { kind: "files" })).toBe(expected);
  });
});

// Those of zsh and fish are run by the system tests, which install these shells.
test.each([
  ["bash", "bash"],
  ["kubectl", "sh"],
] as const)("the shell itself reads the script for %s", (shell, program) => {
  const script = getCompletionScript(shell);
  expect(script).toContain("kubepass __complete");
  const folder = mkdtempSync(join(tmpdir(), "kubepass-completion-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "script"), script);
  expect(execFileSync(program, ["-n", join(folder, "script")], { encoding: "utf8" })).toBe("");
});

test("bash completes with the script, words broken at = included", () => {
  const stand = 'kubepass() { printf "%s\\n" "$@" >&2; echo json; echo yaml; }';
  const call = 'COMP_WORDS=(kubepass status --output = j); COMP_CWORD=4; _kubepass; echo "${COMPREPLY[*]}"';
  const script = `${stand}\n${getCompletionScript("bash")}\n${call}`;
  expect(execFileSync("bash", ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })).toBe("json yaml\n");
});
