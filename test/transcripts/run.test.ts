import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readBuildInfo } from "../../scripts/build/build-info.ts";
import { buildExecutable } from "../../scripts/build/executable.ts";
import { findOwnTarget } from "../../scripts/build/targets.ts";
import { parseTranscript, type Step, type Transcript } from "./transcript.ts";

// The compiled executable, as people run it: commands, exact answers, and the files that are left. Each .txt is one story.
const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "kubepass-transcripts-"));
const executable = join(folder, "kubepass");
const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".txt"));

beforeAll(() => {
  const target = findOwnTarget(process.platform, process.arch);
  if (target === undefined) throw new Error("no executable is built for this platform");
  buildExecutable({ root, info: { ...readBuildInfo(root), commit: "" }, outfile: executable, target, isOwn: true });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

function listFiles(home: string): readonly string[] {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name).slice(home.length + 1)] : [])).toSorted();
}

function prepareHome(transcript: Transcript): string {
  const home = mkdtempSync(join(folder, "home-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  for (const [path, text] of Object.entries(transcript.before)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return home;
}

function checkStep(step: Step, home: string, transcript: Transcript): void {
  const { version } = readBuildInfo(root);
  const fill = (text: string): string =>
    text
      .replaceAll("{home}", home)
      .replaceAll("{version}", version)
      .replaceAll("{bun}", runtime)
      .replaceAll("{platform}", `${process.platform}-${process.arch}`);
  const [program, ...words] = step.words.map(fill);
  expect(program, `line ${step.line} runs kubepass`).toBe("kubepass");
  const variables = Object.fromEntries(Object.entries(transcript.variables).map(([name, value]) => [name, fill(value)]));
  const ran = spawnSync(executable, words, { cwd: home, env: variables, input: step.stdin, encoding: "utf8", timeout: 100_000 });
  const where = `line ${step.line}: ${step.words.join(" ")}`;
  expect(ran.stdout, `standard output of ${where}`).toBe(fill(step.stdout));
  const lines = ran.stderr.split("\n").slice(0, -1);
  expect(lines, `standard error of ${where}`).toHaveLength(step.stderr.length);
  for (const [index, pattern] of step.stderr.entries())
    expect(lines[index], `standard error of ${where}`).toMatch(new RegExp(`^${fill(pattern)}$`));
  expect(ran.status, `exit code of ${where}`).toBe(step.exitCode);
}

const runtime = String(JSON.parse(readFileSync(join(root, "node_modules", "bun", "package.json"), "utf8")).version);

describe("the executable", () => {
  test.each(names)("%s", (name) => {
    const transcript = parseTranscript(readFileSync(join(import.meta.dirname, name), "utf8"));
    const home = prepareHome(transcript);
    for (const step of transcript.steps) checkStep(step, home, transcript);
    const left = listFiles(home);
    expect(left, `${left.length} files left behind`).toEqual(
      transcript.after.map((pattern) => expect.stringMatching(new RegExp(`^${pattern}$`))),
    );
  });

  test("ends quietly when nobody reads its answer", () => {
    const ran = spawnSync("sh", ["-c", `"${executable}" help get-token | head -c 1`], { encoding: "utf8" });
    expect([ran.stdout.length, ran.stderr, ran.status]).toEqual([1, "", 0]);
  });

  test("says that it cannot write on a full disk", () => {
    const ran = spawnSync("sh", ["-c", `"${executable}" version > /dev/full`], { encoding: "utf8" });
    expect([ran.stderr, ran.status]).toEqual(["kubepass: error: cannot write to standard output (OUTPUT_FAILED)\n", 1]);
  });

  test("is kubectl pass when kubectl runs it", () => {
    const alias = join(folder, "kubectl-pass");
    writeFileSync(alias, `#!/bin/sh\nexec -a kubectl-pass "${executable}" "$@"\n`.replace("#!/bin/sh", "#!/bin/bash"));
    chmodSync(alias, 0o755);
    expect(spawnSync(alias, [], { encoding: "utf8" }).stdout).toContain("kubectl pass login oidc");
  });
});
