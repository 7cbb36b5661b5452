import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flattenKubeconfig, formatKubeconfig, type Kubeconfig, loadKubeconfig, minifyKubeconfig } from "@kubepass/kubeconfig";
import { isCredentialError } from "@kubepass/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listFields, normalise } from "./kubeconfig-cases/compare-answers.ts";
import { type ConfigCase, generateCase } from "./kubeconfig-cases/generate-case.ts";
import { Random } from "./kubeconfig-cases/random.ts";
import { getProgram } from "./test-support/programs.ts";

const seed = Number(process.env["KUBEPASS_DIFFERENTIAL_SEED"] ?? 77_000);
const cases = 40;

/** What `kubectl config view` prints; `undefined` when it refuses. */
function askKubectl({ environment, path }: ConfigCase, ...flags: readonly string[]): unknown {
  const file = path === "" ? [] : [`--kubeconfig=${path}`];
  const ran = spawnSync(getProgram("kubectl"), ["config", "view", "-o", "json", ...file, ...flags], {
    env: environment,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return ran.status === 0 ? JSON.parse(ran.stdout) : undefined;
}

function ask({ environment, path }: ConfigCase, change: (kubeconfig: Kubeconfig) => Kubeconfig): unknown {
  try {
    const kubeconfig = loadKubeconfig({ variables: environment, platform: "linux" }, { path, keepsPaths: true });
    return formatKubeconfig(change(kubeconfig), "reveal");
  } catch (error) {
    if (isCredentialError(error)) return undefined;
    throw error;
  }
}

describe("kubectl config view and this library", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "kubepass-kubectl-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(`say the same of ${cases} generated kubeconfig sets (seed ${seed})`, { timeout: 300_000 }, () => {
    const differences: string[] = [];
    let shown = 0;
    for (let index = 0; index < cases; index += 1) {
      const question = generateCase(new Random(seed + index), folder);
      // A file that does not exist is empty for `config view` alone, because `config set` may make it.
      if (question.damaged.length > 0 || question.path.endsWith("missing")) continue;
      const variants = [
        [["--raw"], (kubeconfig: Kubeconfig) => kubeconfig],
        [["--raw", "--minify"], minifyKubeconfig],
        [["--raw", "--flatten"], flattenKubeconfig],
      ] as const;
      for (const [flags, change] of variants) {
        const theirs = askKubectl(question, ...flags);
        if (theirs !== undefined) shown += 1;
        const fields = listFields(normalise(theirs), normalise(ask(question, change)), flags.join(" "));
        if (fields.length > 0) differences.push(`seed ${seed + index}: ${JSON.stringify(fields).slice(0, 1000)}`);
      }
    }
    expect(differences).toEqual([]);
    expect(shown).toBeGreaterThan(cases / 2);
  });
});
