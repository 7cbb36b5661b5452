import { compileExpression } from "@kubepass/authenticator";
import { describe, expect, it } from "vitest";
import { createVerifier, findIntended, intendedIds, judgeToken, outcomeOfOracle } from "./differential/compare.ts";
import { generateConfiguration, type GeneratedConfiguration, issuerUrls } from "./differential/configurations.ts";
import { createKeys } from "./differential/keys.ts";
import { askOracle } from "./differential/oracle.ts";
import { createRandom, type Random } from "./differential/random.ts";
import { type GeneratedToken, generateToken, mutationNames, nowMs } from "./differential/tokens.ts";

// To repeat a run: KUBEPASS_DIFFERENTIAL_SEED=… npm run test:system jwt-differential
const seed = Number(process.env["KUBEPASS_DIFFERENTIAL_SEED"] ?? Date.now() % 1_000_000_007);
const wantedPairs = 10_000;
const tokensEach = 30;

interface Case {
  readonly configuration: GeneratedConfiguration;
  readonly tokens: readonly GeneratedToken[];
  readonly isLoose: boolean;
}

function generateCases(random: Random, keys: ReturnType<typeof createKeys>): readonly Case[] {
  const forced = [...mutationNames, ...mutationNames];
  const cases: Case[] = [];
  // More than needed, because some configurations are refused, by both.
  for (let index = 0; index < (1.5 * wantedPairs) / tokensEach; index += 1) {
    const configuration = generateConfiguration(random);
    const urls = issuerUrls.filter((url) => configuration.text.includes(url));
    const tokens = Array.from({ length: tokensEach }, () => generateToken(random.pick(urls), keys, random, forced.pop()));
    cases.push({ configuration, tokens, isLoose: index % 2 === 1 });
  }
  return cases;
}

describe(`JWTs and configurations, judged by kube-apiserver's own code and by ours (seed ${seed})`, () => {
  it("gives the same verdict, user and category for every generated pair, but for the listed differences", async () => {
    const keys = createKeys();
    const cases = generateCases(createRandom(seed), keys);
    const keySet = { keys: keys.map(({ jwk }) => jwk) };
    const keySets = Object.fromEntries(issuerUrls.map((url) => [url, keySet] as const));
    const answers = await askOracle(
      cases.map(({ configuration, tokens }) => ({
        configuration: configuration.text,
        keySets,
        now: nowMs,
        tokens: tokens.map(({ text }) => text),
      })),
    );
    const unexplained: unknown[] = [];
    const seen = new Set<string>();
    let pairs = 0;
    for (const [index, { configuration, tokens, isLoose }] of cases.entries()) {
      const answer = answers[index];
      const verifier = createVerifier(configuration.text, keys, compileExpression, isLoose);
      if (answer?.verdicts === undefined || "length" in verifier) {
        const paths = answer?.undecodable === undefined ? (answer?.problems ?? []).map(({ path }) => path) : ["undecodable"];
        const own = "length" in verifier ? verifier : [];
        if (JSON.stringify([...new Set(paths)].toSorted()) !== JSON.stringify([...new Set(own)].toSorted())) {
          unexplained.push({ configuration: configuration.text, paths, own });
        }
        continue;
      }
      for (const [at, token] of tokens.entries()) {
        const verdict = answer.verdicts[at];
        const upstream = verdict === undefined ? "missing" : outcomeOfOracle(verdict);
        const ours = await judgeToken(verifier, token.text);
        pairs += 1;
        if (upstream === ours) continue;
        const id = findIntended(token, upstream, ours, isLoose);
        if (id === undefined)
          unexplained.push({
            mutations: token.mutations,
            isLoose,
            upstream,
            error: verdict?.error,
            ours,
            configuration: configuration.object,
            token: token.text,
          });
        else seen.add(id);
      }
    }
    console.log(
      `differential: ${pairs} pairs, seed ${seed}, ${unexplained.length} unexplained, intended differences seen: ${[...seen].toSorted().join(", ")}`,
    );
    expect(unexplained.slice(0, 5)).toEqual([]);
    expect(pairs).toBeGreaterThanOrEqual(wantedPairs);
    expect(intendedIds.filter((id) => !seen.has(id))).toEqual([]);
  }, 300_000);
});
