import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { podAccountFolder } from "@kubepass/kubeconfig";
import { answerCase, type ConfigAnswer } from "./kubeconfig-cases/answer-case.ts";
import { compareAnswers } from "./kubeconfig-cases/compare-answers.ts";
import { explainLoading, explainWords, loadIntended } from "./kubeconfig-cases/explain-differences.ts";
import { type ConfigCase, generatePodCase } from "./kubeconfig-cases/generate-case.ts";
import { Harness } from "./kubeconfig-cases/harness.ts";
import { parseAnswer } from "./kubeconfig-cases/parse-answer.ts";
import { Random } from "./kubeconfig-cases/random.ts";
import { createAuthority } from "./test-support/certificates.ts";
import { root } from "./test-support/places.ts";
import { getProgram } from "./test-support/programs.ts";

const seed = Number(process.env["KUBEPASS_DIFFERENTIAL_SEED"] ?? 20_261_125);
const count = Number(process.env["KUBEPASS_DIFFERENTIAL_CASES"] ?? 500);

const intended = loadIntended();
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-pod-"));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(root);
  rmSync(folder, { recursive: true, force: true });
});

/** client-go knows one place of a service account: a process with mounts of its own has the account of the test there. */
function startHarness(account: string): Harness {
  const script = `mount -t tmpfs none /run && mkdir -p ${podAccountFolder} && mount --bind "$0" ${podAccountFolder} && exec "$@"`;
  const args = ["--user", "--map-root-user", "--mount", getProgram("sh"), "-c", script, account];
  return new Harness(getProgram("client-go-harness"), "config", folder, { command: getProgram("unshare"), args });
}

/** Our answer, as if the account lay where it does in a pod. */
function answerInPod(question: ConfigCase, account: string): ConfigAnswer {
  const answer: ConfigAnswer = JSON.parse(JSON.stringify(answerCase(question, account)).replaceAll(account, podAccountFolder));
  return answer;
}

function judge(question: ConfigCase, theirs: ConfigAnswer, account: string): string | undefined {
  const ours = answerInPod(question, account);
  const differences = compareAnswers(theirs, ours);
  const explained = explainLoading(question, theirs, ours, intended) ?? explainWords(differences, intended);
  return differences.length === 0 || explained !== undefined ? undefined : JSON.stringify({ question, differences }).slice(0, 2000);
}

const accounts: readonly (readonly [name: string, write: (folder: string, authority: string) => void])[] = [
  [
    "a whole account",
    (account, authority) => {
      writeFileSync(join(account, "token"), "account-token\n");
      writeFileSync(join(account, "namespace"), " account-namespace\n");
      copyFileSync(authority, join(account, "ca.crt"));
    },
  ],
  [
    "an account with a broken authority and no namespace",
    (account) => {
      writeFileSync(join(account, "token"), "account-token");
      writeFileSync(join(account, "ca.crt"), "certificate");
    },
  ],
  ["an account without a token", (account) => writeFileSync(join(account, "namespace"), "account-namespace")],
];

test.each(accounts)("client-go and @kubepass/kubeconfig make the same of a pod with %s", async (name, write) => {
  const account = join(folder, name.replaceAll(" ", "-"));
  mkdirSync(account);
  write(account, createAuthority(account, "authority").certificate);
  const harness = startHarness(account);
  try {
    const cases = Array.from({ length: count }, (_, at) => generatePodCase(new Random(seed + at), join(folder, String(at))));
    const answers = (await harness.ask(cases)).map((answer) => parseAnswer(answer));
    const unexplained = cases.flatMap((question, at) => judge(question, answers[at] ?? parseAnswer(undefined), account) ?? []);
    expect(unexplained.slice(0, 5)).toEqual([]);
    // The account was seen, where it is one.
    const pods = answers.filter(({ config }) => config !== undefined && JSON.stringify(config).includes(podAccountFolder));
    expect(pods.length > count / 10).toBe(!name.includes("without a token"));
  } finally {
    harness.close();
  }
});
