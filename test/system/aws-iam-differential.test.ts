import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject } from "@kubepass/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerCase, type Mapped, type OurReading } from "./aws-iam-cases/answer-case.ts";
import { explainDifference, isAccountUnquoted, loadIntended } from "./aws-iam-cases/explain-difference.ts";
import { generateCase, type MappingCase } from "./aws-iam-cases/generate-case.ts";
import { Harness } from "./kubeconfig-cases/harness.ts";
import { Random } from "./kubeconfig-cases/random.ts";
import { getProgram } from "./test-support/programs.ts";

// Another seed, or one case alone: KUBEPASS_DIFFERENTIAL_SEED=7 KUBEPASS_DIFFERENTIAL_CASES=1 npx vitest run …
const seed = Number(process.env["KUBEPASS_DIFFERENTIAL_SEED"] ?? 20_261_125);
const count = Number(process.env["KUBEPASS_DIFFERENTIAL_CASES"] ?? 2500);
const batch = 100;

interface TheirAnswer {
  /** Why the server does not start. */
  readonly refusal: string | undefined;
  readonly results: readonly Mapped[];
}

function parseAnswer(answer: unknown): TheirAnswer {
  if (!isJsonObject(answer)) throw new TypeError("the harness answered with no object");
  const { error, results } = answer;
  const list: readonly unknown[] = Array.isArray(results) ? results : [];
  return {
    refusal: typeof error === "string" ? error : undefined,
    results: list.map((item) => {
      const { username, groups, error: why } = isJsonObject(item) ? item : {};
      return {
        username: typeof username === "string" ? username : "",
        groups: Array.isArray(groups) ? groups.map(String) : [],
        error: typeof why === "string" ? why : undefined,
      };
    }),
  };
}

function isSame(ours: Mapped, theirs: Mapped): boolean {
  if (ours.error !== undefined || theirs.error !== undefined) return ours.error !== undefined && theirs.error !== undefined;
  return ours.username === theirs.username && JSON.stringify(ours.groups) === JSON.stringify(theirs.groups);
}

interface Tally {
  readonly seen: Map<string, number>;
  readonly unexplained: string[];
  mapped: number;
}

function note(tally: Tally, id: string): void {
  tally.seen.set(id, (tally.seen.get(id) ?? 0) + 1);
}

function judgeRefusal(question: MappingCase, reading: OurReading, refusal: string): string | undefined {
  if ((reading.errors.get("MountedFile") ?? []).length > 0) return "broken-entry";
  return isAccountUnquoted(question) && refusal.includes("AccountID") ? "unquoted-account" : undefined;
}

async function judgeCase(question: MappingCase, theirs: TheirAnswer, caseSeed: number, tally: Tally): Promise<void> {
  const reading = await answerCase(question);
  const settle = (id: string | undefined, tell: () => string): void => {
    if (id === undefined) tally.unexplained.push(`seed ${caseSeed}: ${tell()}`);
    else note(tally, id);
  };
  if (theirs.refusal !== undefined) {
    const { refusal } = theirs;
    return settle(judgeRefusal(question, reading, refusal), () => `only aws-iam-authenticator refuses: ${refusal}`);
  }
  for (const [index, ours] of reading.answers.entries()) {
    const their = theirs.results[index] ?? { username: "", groups: [], error: "no answer" };
    if (ours.error === undefined) tally.mapped += 1;
    if (isSame(ours, their)) continue;
    const told = { identity: question.identities[index], their, ours: { ...ours, outcome: ours.outcome.steps } };
    settle(explainDifference(question, reading, index), () => JSON.stringify(told));
  }
}

describe("aws-iam-authenticator and @kubepass/authenticator", () => {
  let folder: string;
  let harness: Harness;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kubepass-differential-"));
    harness = new Harness(getProgram("aws-iam-mapper"), "map", folder);
  });

  afterAll(() => {
    harness.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    `make the same users of ${count * 12} identities by ${count} generated configurations (seed ${seed})`,
    { timeout: 600_000 },
    async () => {
      const intended = loadIntended();
      const tally: Tally = { seen: new Map(), unexplained: [], mapped: 0 };
      for (let start = 0; start < count; start += batch) {
        const seeds = Array.from({ length: Math.min(batch, count - start) }, (_, index) => seed + start + index);
        const cases = seeds.map((each) => generateCase(new Random(each)));
        const answers = await harness.ask(cases);
        for (const [index, question] of cases.entries()) await judgeCase(question, parseAnswer(answers[index]), seeds[index] ?? 0, tally);
      }
      expect(
        tally.unexplained.slice(0, 10),
        `${tally.unexplained.length} differences; reproduce one with KUBEPASS_DIFFERENTIAL_SEED`,
      ).toEqual([]);
      if (count < 2500) return;
      // The cases reach what they are about, and no intended difference is only claimed.
      expect(tally.mapped).toBeGreaterThan(count);
      expect([...tally.seen.keys()].toSorted()).toEqual([...intended].toSorted());
    },
  );
});
