import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FencedBlock } from "./markdown.ts";

const run = promisify(execFile);
const runTimeoutMs = 20_000;

/** One command of an example. */
export interface CommandStep {
  readonly command: string;
  /** What must be printed; `…` stands for any text. Empty: anything. */
  readonly expected: string;
}

/** The commands of a `console` block (`$ command`, then its output), or a whole `sh` block as one. */
export function parseSteps(block: FencedBlock): readonly CommandStep[] {
  if (block.language !== "console") return [{ command: block.body, expected: "" }];
  const parts = block.body.split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const [command = "", ...output] = part.trimEnd().split("\n");
    return { command, expected: output.join("\n") };
  });
}

/** Whether a program printed what an example promises; `…` in the example stands for anything. */
export function isPrinted(expected: string, printed: string): boolean {
  if (expected === "") return true;
  const parts = expected.split("…").map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`).test(printed.trimEnd());
}

/** A `kubepass` that runs the sources, so that an example is judged against the code and not against an old build. */
function writeShim(root: string, home: string): void {
  const main = join(root, "packages/cli/src/main.ts");
  const words = [process.execPath, "--conditions=@kubepass/source", "--import", import.meta.resolve("tsx"), main];
  mkdirSync(join(home, ".bin"));
  writeFileSync(join(home, ".bin", "kubepass"), `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`, { mode: 0o755 });
}

async function runStep(root: string, home: string, step: CommandStep): Promise<string | undefined> {
  const path = [join(home, ".bin"), join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(":");
  const environment = { HOME: home, TMPDIR: home, PATH: path, LANG: "C.UTF-8", CI: "true", NO_COLOR: "1" };
  try {
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", step.command], { cwd: root, env: environment, timeout: runTimeoutMs });
    return isPrinted(step.expected, stdout) ? undefined : `prints something else than it says:\n${stdout.trimEnd()}`;
  } catch (error) {
    return `fails: ${error instanceof Error ? error.message.trim() : String(error)}`;
  }
}

/** Runs the commands of a block with a home folder of their own; the first that fails is a violation. */
export async function runBlock(root: string, block: FencedBlock): Promise<readonly string[]> {
  const steps = parseSteps(block);
  if (steps.length === 0) return [`${block.path}:${block.line} holds no command: a line that begins with "$ "`];
  const home = mkdtempSync(join(tmpdir(), "kubepass-example-"));
  try {
    writeShim(root, home);
    for (const step of steps) {
      const problem = await runStep(root, home, step);
      if (problem !== undefined) return [`${block.path}:${block.line} "${step.command.split("\n")[0] ?? ""}" ${problem}`];
    }
    return [];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
