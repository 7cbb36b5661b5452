import type { CaseCertificates, RequestCase } from "./generate-request-case.ts";
import { broken, type ClientTraits, isDecidedByPlugin, type PredictedOutcome, predictOutcome } from "./predict-outcome.ts";
import type { CaseOutcome } from "./run-request-case.ts";

/** A way in which we mean to differ from client-go. */
export interface IntendedDifference {
  readonly name: string;
  readonly reason: string;
  /** The trait of client-go that we do not have; without one, it depends on the moment, so a run may pass without it. */
  readonly trait?: keyof ClientTraits;
}

const brokenRequest: IntendedDifference = {
  name: "a changed certificate does not break the next request",
  reason: "client-go closes the old connections under its pool, which may take one of them for the next request before it notices",
};

/** Every intended difference; docs/exec-plugins.md says the same to people. One with a trait that never shows fails the test. */
export const intendedDifferences: readonly IntendedDifference[] = [
  {
    name: "a new connection asks the plugin, also where the server wants no certificate",
    reason:
      "client-go asks at the handshake, if the server asks for a certificate; whether it will cannot be known before the handshake here, " +
      "and a connection without the plugin's certificate would make later requests anonymous",
    trait: "isHandshakeAskingOnDemand",
  },
  {
    name: "the expiry of a bad answer is not kept",
    reason: "client-go stores the expiry before it parses the certificate, and then takes the old credential for good",
    trait: "isBadExpiryKept",
  },
  {
    name: "year one is long over",
    reason: "client-go takes the zero time for no expiry at all",
    trait: "isZeroTimeNoExpiry",
  },
  brokenRequest,
];

const ourTraits: ClientTraits = { isZeroTimeNoExpiry: false, isBadExpiryKept: false, isHandshakeAskingOnDemand: false };
const clientGoTraits: ClientTraits = { isZeroTimeNoExpiry: true, isBadExpiryKept: true, isHandshakeAskingOnDemand: true };

function listSteps({ steps }: CaseOutcome): readonly string[] {
  return steps.map((step) => step.join(" "));
}

/** What a model says anything about. */
function project(outcome: CaseOutcome): PredictedOutcome {
  // What a plugin is told is the first of its lines.
  const runCount = outcome.runs.filter((line) => line.startsWith("{")).length;
  const requests = outcome.requests.map(({ method, path, body, authorization, certificate }) => ({
    method,
    path,
    body,
    authorization,
    certificate,
  }));
  return { steps: listSteps(outcome), requests, runCount };
}

function isSame(left: object, right: object): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Whether what no difference may touch is one: what each run was told, and as whom each request was sent. */
function isRestSame(theirs: CaseOutcome, ours: CaseOutcome): boolean {
  // Each run has two lines.
  const texts = [...theirs.runs, ...ours.runs].map((line) => line.trimEnd());
  const people = [...theirs.requests, ...ours.requests].map(({ impersonation }) => JSON.stringify(impersonation));
  return texts.every((line, at) => line === texts[at % 2]) && new Set(people).size <= 1;
}

/** Whether a side did to the letter what a client does with its traits; the other fields must be equal on both sides. */
export function isAsPredicted(asked: RequestCase, certificates: CaseCertificates, theirs: CaseOutcome, ours: CaseOutcome): boolean {
  const predictedTheirs = predictOutcome(asked, certificates, clientGoTraits, listSteps(theirs));
  const predictedOurs = predictOutcome(asked, certificates, ourTraits);
  return isSame(project(theirs), predictedTheirs) && isSame(project(ours), predictedOurs) && isRestSame(theirs, ours);
}

/**
 * The intended differences that account for every field in which two outcomes differ; `undefined` when they do not: each side must have
 * done to the letter what a client with its traits does.
 */
export function explainDifference(
  asked: RequestCase,
  certificates: CaseCertificates,
  theirs: CaseOutcome,
  ours: CaseOutcome,
): readonly IntendedDifference[] | undefined {
  if (!isDecidedByPlugin(asked) || !isAsPredicted(asked, certificates, theirs, ours)) return undefined;
  const plain = predictOutcome(asked, certificates, ourTraits);
  const shown = intendedDifferences.filter(({ trait }) => {
    if (trait === undefined) return listSteps(theirs).includes(broken);
    return !isSame(plain, predictOutcome(asked, certificates, { ...ourTraits, [trait]: true }));
  });
  return shown.length === 0 ? undefined : shown;
}
