import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerCase, type ConfigAnswer } from "./kubeconfig-cases/answer-case.ts";
import { compareAnswers } from "./kubeconfig-cases/compare-answers.ts";
import { explainLoading, explainWords, type IntendedDifference, loadIntended } from "./kubeconfig-cases/explain-differences.ts";
import { type ConfigCase, generateCase } from "./kubeconfig-cases/generate-case.ts";
import { Harness } from "./kubeconfig-cases/harness.ts";
import { Random } from "./kubeconfig-cases/random.ts";
import { parseAnswer } from "./kubeconfig-cases/parse-answer.ts";
import { root } from "./test-support/places.ts";
import { getProgram } from "./test-support/programs.ts";

// Another seed, or one case alone: KUBEPASS_DIFFERENTIAL_SEED=7 KUBEPASS_DIFFERENTIAL_CASES=1 npx vitest run …
const usualSeed = 20_261_125;
const seed = Number(process.env["KUBEPASS_DIFFERENTIAL_SEED"] ?? usualSeed);
const count = Number(process.env["KUBEPASS_DIFFERENTIAL_CASES"] ?? 10_000);
const batch = 100;

function countUp(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

interface Judged {
  readonly explained: readonly string[];
  readonly unexplained?: string | undefined;
}

interface Batch {
  readonly seeds: readonly number[];
  readonly cases: readonly ConfigCase[];
  readonly answers: Promise<readonly unknown[]>;
}

function judgeCase(question: ConfigCase, theirs: ConfigAnswer, intended: readonly IntendedDifference[]): Judged {
  const ours = answerCase(question);
  const differences = compareAnswers(theirs, ours);
  if (differences.length === 0) return { explained: [] };
  const explained = explainLoading(question, theirs, ours, intended) ?? explainWords(differences, intended);
  return explained === undefined ? { explained: [], unexplained: JSON.stringify(differences).slice(0, 2000) } : { explained };
}

describe("client-go and @kubepass/kubeconfig", () => {
  let folder: string;
  let harness: Harness;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kubepass-differential-"));
    process.chdir(folder);
    harness = new Harness(getProgram("client-go-harness"), "config", folder);
  });

  afterAll(() => {
    harness.close();
    process.chdir(root);
    rmSync(folder, { recursive: true, force: true });
  });

  it(`make the same of ${count} generated kubeconfig sets, flags and environments (seed ${seed})`, { timeout: 1_200_000 }, async () => {
    const intended = loadIntended();
    const seen = new Map<string, number>();
    const stages = new Map<string, number>();
    const unexplained: string[] = [];
    const judge = async (asked: Batch | undefined): Promise<void> => {
      const answers = await asked?.answers;
      for (const [index, question] of (asked?.cases ?? []).entries()) {
        const theirs = parseAnswer(answers?.[index]);
        countUp(stages, theirs.stage);
        const judged = judgeCase(question, theirs, intended);
        for (const id of judged.explained) countUp(seen, id);
        if (judged.unexplained !== undefined) unexplained.push(`seed ${asked?.seeds[index]}: ${judged.unexplained}`);
      }
    };
    const pending: Batch[] = [];
    for (let start = 0; start < count; start += batch) {
      const seeds = Array.from({ length: Math.min(batch, count - start) }, (_, index) => seed + start + index);
      const cases = seeds.map((each, index) => generateCase(new Random(each), join(folder, String((start + index) % (2 * batch)))));
      // client-go answers one batch while we answer the one before.
      pending.push({ seeds, cases, answers: harness.ask(cases) });
      if (pending.length > 1) await judge(pending.shift());
    }
    await judge(pending.shift());
    expect(unexplained.slice(0, 10), `${unexplained.length} differences; reproduce one with KUBEPASS_DIFFERENTIAL_SEED`).toEqual([]);
    if (count < 10_000) return;
    // The cases reach what they are about, and no intended difference is only claimed.
    for (const [stage, least] of Object.entries({
      "": 1500,
      invalid: 1500,
      load: 500,
      select: 300,
      empty: 200,
      timeout: 10,
      "token-file": 10,
    }))
      expect(stages.get(stage), stage).toBeGreaterThan(least);
    // Some of them are rare: cases of another seed need not show them.
    const expected = intended.map((rule) => rule.id).filter((id) => seed === usualSeed || seen.has(id));
    expect([...seen.keys()].toSorted()).toEqual(expected.toSorted());
  });
});
