import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Outcome, start } from "./test-support/run.ts";
import { createSandbox, type Sandbox } from "./test-support/sandbox.ts";
import { waitFor } from "./test-support/wait-for.ts";

// The completion scripts, in the shells that they are for. The executable answers what may come next.

async function prepare(sandbox: Sandbox, shell: string): Promise<string> {
  sandbox.environment["PATH"] = `${dirname(sandbox.cluster.program)}:/usr/bin:/bin`;
  const script = join(sandbox.home, `completion.${shell}`);
  writeFileSync(script, checkExit(await sandbox.kubepass(["completion", shell])).stdout);
  return script;
}

async function runShell(sandbox: Sandbox, args: readonly string[]): Promise<Outcome> {
  const [shell = "", ...others] = args;
  return checkExit(await start(getProgram(shell), others, { environment: sandbox.environment, folder: sandbox.home }).ended);
}

describe("completion", () => {
  it("in bash", async () => {
    await using sandbox = createSandbox();
    const script = await prepare(sandbox, "bash");
    const call = 'COMP_WORDS=(kubepass log); COMP_CWORD=1; _kubepass; echo "${COMPREPLY[*]}"';
    expect((await runShell(sandbox, ["bash", "-c", `source '${script}'; ${call}`])).stdout).toBe("login logout\n");
  });

  it("in zsh", async () => {
    await using sandbox = createSandbox();
    const script = await prepare(sandbox, "zsh");
    // Outside of its line editor zsh has no place to show candidates; this one prints them.
    const stand = "compdef() { :; }; _describe() { print -rl -- $lines; }";
    const call = "words=(kubepass status --output j); CURRENT=4; _kubepass";
    const { stdout } = await runShell(sandbox, ["zsh", "-fc", `${stand}; source '${script}'; ${call}`]);
    expect(stdout).toMatch(/^json(:.*)?\n$/);
  });

  it("in fish", async () => {
    await using sandbox = createSandbox();
    const script = await prepare(sandbox, "fish");
    const { stdout } = await runShell(sandbox, ["fish", "--no-config", "-c", `source '${script}'; complete -C 'kubepass log'`]);
    expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(expect.arrayContaining(["login", "logout"]));
    expect(stdout).not.toContain("status");
  });

  it("in kubectl, of its plugin", async () => {
    await using sandbox = createSandbox();
    const script = await prepare(sandbox, "kubectl");
    const folder = join(sandbox.home, "bin");
    mkdirSync(folder);
    writeFileSync(join(folder, "kubectl_complete-pass"), `#!/bin/sh\nexec sh '${script}' "$@"\n`, { mode: 0o755 });
    symlinkSync(sandbox.cluster.program, join(folder, "kubectl-pass"));
    sandbox.environment["PATH"] = `${folder}:${sandbox.environment["PATH"]}`;
    const { stdout } = checkExit(await sandbox.kubectl(["__complete", "pass", "log"]));
    expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(expect.arrayContaining(["login", "logout"]));
  });
});

// A person at a terminal presses Tab; what stands on the line after it is run, and its output shows that it was completed.
describe("the Tab key", () => {
  it.each([
    ["bash", "bash --norc --noprofile -i", "source"],
    ["zsh", "zsh -f -i", "autoload -Uz compinit; compinit -u -D; source"],
    ["fish", "fish --no-config --interactive", "source"],
  ])("completes in %s", async (shell, command, load) => {
    await using sandbox = createSandbox();
    const script = await prepare(sandbox, shell);
    Object.assign(sandbox.environment, { TERM: "xterm", PS1: "> ", HISTFILE: "" });
    const running = sandbox.startInTerminal(`${getProgram(command.split(" ")[0] ?? "")} ${command.split(" ").slice(1).join(" ")}`);
    const see = async (text: RegExp): Promise<void> => {
      await waitFor(String(text), () => (text.test(running.stdout()) ? true : undefined), { describe: () => running.stdout() });
    };
    running.write(`${load} '${script}'; echo loaded-$(printf yes)\r`);
    await see(/loaded-yes/);
    running.write("kubepass vers\t--output js\t");
    await see(/--output json/);
    running.write("\r");
    await see(/"kind": "Version"/);
    expect(running.stdout()).toContain("--output json");
    // Its terminal goes away, as when a window is closed.
    running.kill("SIGKILL");
    await running.ended;
  });
});
