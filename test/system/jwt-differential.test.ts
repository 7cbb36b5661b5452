import { compileExpression } from "@kubepass/authenticator";
import { describe, expect, it } from "vitest";
import { generateBrokenFile } from "./differential/broken-files.ts";
import {
  createVerifier,
  findIntended,
  intendedIds,
  isFileDifferenceIntended,
  judgeToken,
  outcomeOfOracle,
} from "./differential/compare.ts";
import { generateConfiguration, type GeneratedConfiguration, issuerUrls } from "./differential/configurations.ts";
import { createKeys, type SigningKey } from "./differential/keys.ts";
import { askOracle, type OracleAnswer } from "./differential/oracle.ts";
import { createRandom, type Random } from "./differential/random.ts";
import { type GeneratedToken, generateToken, mutationNames, nowMs } from "./differential/tokens.ts";

// Another run: KUBEPASS_DIFFERENTIAL_SEED=$RANDOM npm run test:system jwt-differential. The one in CI is always the same, so that it tells of changes.
const seed = Number(process.env["KUBEPASS_DIFFERENTIAL_SEED"] ?? 581_424_663);
const wantedPairs = 10_000;
const tokensEach = 60;
const wantedFiles = 1000;

interface Case {
  readonly configuration: GeneratedConfiguration;
  readonly tokens: readonly GeneratedToken[];
  readonly isLoose: boolean;
}

/** What a comparison came to. */
interface Tally {
  readonly unexplained: unknown[];
  readonly seen: Set<string>;
  pairs: number;
}

function generateCases(random: Random, keys: readonly SigningKey[]): readonly Case[] {
  const forced = [...mutationNames, ...mutationNames];
  // More than needed, because some configurations are refused, by both.
  return Array.from({ length: (1.7 * wantedPairs) / tokensEach }, (_, index) => {
    const configuration = generateConfiguration(random);
    const urls = issuerUrls.filter((url) => configuration.text.includes(url));
    const tokens = Array.from({ length: tokensEach }, () => generateToken(random.pick(urls), keys, random, forced.pop()));
    return { configuration, tokens, isLoose: index % 2 === 1 };
  });
}

async function askAboutCases(cases: readonly Case[], keys: readonly SigningKey[]): Promise<readonly OracleAnswer[]> {
  const keySet = { keys: keys.map(({ jwk }) => jwk) };
  const keySets = Object.fromEntries(issuerUrls.map((url) => [url, keySet] as const));
  return await askOracle(
    cases.map(({ configuration, tokens }) => ({
      configuration: configuration.text,
      keySets,
      now: nowMs,
      tokens: tokens.map(({ text }) => text),
    })),
  );
}

const unique = (paths: readonly string[]): readonly string[] => [...new Set(paths)].toSorted();

function pathsOf(answer: OracleAnswer): readonly string[] {
  return answer.undecodable === undefined ? unique((answer.problems ?? []).map(({ path }) => path)) : ["undecodable"];
}

async function compareCase(
  { configuration, tokens, isLoose }: Case,
  answer: OracleAnswer,
  keys: readonly SigningKey[],
  tally: Tally,
): Promise<void> {
  const verifier = createVerifier(configuration.text, keys, compileExpression, isLoose);
  const own = "length" in verifier ? unique(verifier) : [];
  if ("length" in verifier || answer.verdicts === undefined) {
    const upstream = pathsOf(answer);
    if (String(own) !== String(upstream)) tally.unexplained.push({ configuration: configuration.text, upstream, own });
    return;
  }
  for (const [index, token] of tokens.entries()) {
    const verdict = answer.verdicts[index];
    const upstream = verdict === undefined ? "missing" : outcomeOfOracle(verdict);
    const ours = await judgeToken(verifier, token.text);
    tally.pairs += 1;
    if (upstream === ours) continue;
    const id = findIntended(token, upstream, ours, isLoose);
    if (id !== undefined) tally.seen.add(id);
    else tally.unexplained.push({ ...token, isLoose, upstream, ours, error: verdict?.error, configuration: configuration.object });
  }
}

describe(`JWTs and configurations, judged by kube-apiserver's own code and by ours (seed ${seed})`, () => {
  it(`gives the same verdict, user and category for ${wantedPairs} generated pairs, but for the listed differences`, async () => {
    const keys = createKeys();
    const cases = generateCases(createRandom(seed), keys);
    const answers = await askAboutCases(cases, keys);
    const tally: Tally = { unexplained: [], seen: new Set(), pairs: 0 };
    for (const [index, each] of cases.entries()) await compareCase(each, answers[index] ?? {}, keys, tally);
    expect(tally.unexplained.slice(0, 5)).toEqual([]);
    expect(tally.pairs).toBeGreaterThanOrEqual(wantedPairs);
    // A listed difference that no run shows any more is out of date.
    expect(intendedIds.filter((id) => !tally.seen.has(id))).toEqual([]);
  }, 600_000);

  it(`finds the same faults under the same paths in ${wantedFiles} broken files`, async () => {
    const random = createRandom(seed + 1);
    const files = Array.from({ length: wantedFiles }, () => generateBrokenFile(random));
    const answers = await askOracle(files.map(({ text }) => ({ configuration: text, keySets: {}, now: nowMs, tokens: [] })));
    const different = files.flatMap((file, index) => {
      const upstream = pathsOf(answers[index] ?? {});
      const verifier = createVerifier(file.text, [], compileExpression, true);
      const own = "length" in verifier ? unique(verifier) : [];
      const isExplained = String(own) === String(upstream) || isFileDifferenceIntended(file.isLineBroken, own);
      return isExplained ? [] : [{ file, upstream, own, why: answers[index] }];
    });
    expect(different.slice(0, 5)).toEqual([]);
    expect(answers.filter((answer) => answer.problems !== undefined).length).toBeGreaterThan(wantedFiles / 10);
  }, 600_000);
});
