import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { makeClaims, makeUser } from "./test-support/cel/claims.ts";
import { differenceOf, fromKubepass, fromOracle, type CelQuestion, type OracleAnswer } from "./test-support/cel/compare.ts";
import { Generator } from "./test-support/cel/generator.ts";
import { intendedDifferences } from "./test-support/cel/intended.ts";
import { Random } from "./test-support/cel/random.ts";
import { parseDeclarations } from "./test-support/cel/signatures.ts";
import { getProgram } from "./test-support/programs.ts";

const pairs = Number(process.env["CEL_PAIRS"] ?? 12_000);
// The same questions each time: what another seed finds is for whoever looks for it, and not for a change that has nothing to do with it.
const seed = Number(process.env["CEL_SEED"] ?? 20_787);
const oracle = getProgram("oracle");

function ask(questions: readonly CelQuestion[]): readonly OracleAnswer[] {
  const input = questions.map((question) => JSON.stringify(question)).join("\n");
  const { stdout, stderr, status } = spawnSync(oracle, ["cel"], { input: `${input}\n`, encoding: "utf8", maxBuffer: 2 ** 30 });
  expect(status, stderr).toBe(0);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as OracleAnswer);
}

function makeQuestions(): readonly CelQuestion[] {
  const { stdout } = spawnSync(oracle, ["cel-declarations"], { encoding: "utf8" });
  const declarations = parseDeclarations(stdout);
  const random = new Random(seed);
  return Array.from({ length: pairs }, (): CelQuestion => {
    const environment = random.chance(0.85) ? "claims" : "user";
    const generator = new Generator(random, declarations, environment);
    const expression = random.chance(0.15) ? generator.mutated() : generator.expression();
    return environment === "user"
      ? { expression, environment, user: makeUser(random) }
      : { expression, environment, claims: makeClaims(random) };
  });
}

interface Difference {
  readonly what: string;
  readonly question: CelQuestion;
  readonly oracle: OracleAnswer;
}

function compareAll(questions: readonly CelQuestion[], answers: readonly OracleAnswer[]): readonly Difference[] {
  return questions.flatMap((question, index) => {
    const answer = answers[index] ?? {};
    const ours = fromKubepass(question);
    const what = differenceOf(fromOracle(answer), ours);
    if (what === undefined) return [];
    const isIntended = intendedDifferences.some((intended) => intended.applies(what, question, answer, ours));
    return isIntended ? [] : [{ what, question, oracle: answer }];
  });
}

// Go walks maps in a random order. What differs must be among the answers that it gives to the same question.
function isAboutOrder({ question }: Difference): boolean {
  const ours = fromKubepass(question);
  const answers = ask(Array.from({ length: 40 }, () => question)).map((answer) => fromOracle(answer));
  const isUnsteady = answers.some((answer) => differenceOf(answers[0] ?? answer, answer) !== undefined);
  return isUnsteady && answers.some((answer) => differenceOf(answer, ours) === undefined);
}

function show({ what, question, oracle: answer }: Difference): string {
  return `${what}: ${JSON.stringify(question)}\n  kube-apiserver: ${JSON.stringify(answer)}\n  kubepass: ${JSON.stringify(fromKubepass(question))}`;
}

describe(`CEL rules against kube-apiserver's own evaluator (CEL_SEED=${seed} CEL_PAIRS=${pairs})`, () => {
  const questions = makeQuestions();
  const answers = ask(questions);

  it("agrees on verdict, value, kind of failure, cost and what a mapping takes, for every pair", { timeout: 300_000 }, () => {
    const differences = compareAll(questions, answers).filter((difference) => !isAboutOrder(difference));
    expect(differences.map((difference) => show(difference))).toEqual([]);
  });

  it("looked at enough of everything", () => {
    const kinds = answers.map((answer) => fromOracle(answer));
    const share = (test: (index: number) => boolean): number => kinds.filter((_, index) => test(index)).length / kinds.length;
    expect(kinds).toHaveLength(pairs);
    expect(
      share((index) => kinds[index]?.strings !== undefined),
      "with a value",
    ).toBeGreaterThan(0.25);
    expect(
      share((index) => kinds[index]?.compile === "type"),
      "ill typed",
    ).toBeGreaterThan(0.1);
    expect(
      share((index) => kinds[index]?.compile === "syntax"),
      "ill formed",
    ).toBeGreaterThan(0.03);
  });
});
