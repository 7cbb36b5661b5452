import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClusterAccess } from "@kubepass/kubeconfig";
import { Harness } from "./kubeconfig-cases/harness.ts";
import { Random } from "./kubeconfig-cases/random.ts";
import {
  type CaseCertificates,
  createCrowdCase,
  createStaleExpiryCase,
  generateRequestCase,
  type RequestCase,
} from "./request-cases/generate-request-case.ts";
import { explainDifference, intendedDifferences, isAsPredicted } from "./request-cases/intended-differences.ts";
import { broken, isDecidedByPlugin } from "./request-cases/predict-outcome.ts";
import { createHalfRotationCase, createRotationCase, listExpiryCases } from "./request-cases/timed-cases.ts";
import { startRecordingServer } from "./request-cases/recording-server.ts";
import { type CaseOutcome, type CasePlace, createCaseHost, runWithClientGo, runWithOurs } from "./request-cases/run-request-case.ts";
import { createAuthority, issueClient } from "./test-support/certificates.ts";
import { getProgram } from "./test-support/programs.ts";

// KUBEPASS_TEST_SEED=7 and KUBEPASS_TEST_CASES=1 repeat one case.
const seed = Number(process.env["KUBEPASS_TEST_SEED"] ?? "1");
const count = Number(process.env["KUBEPASS_TEST_CASES"] ?? "250");

let folder = "";
let servers: CasePlace["servers"];
let harness: Harness;
let access: ClusterAccess;
let place: CasePlace;
let certificates: CaseCertificates;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-requests-"));
  const authority = createAuthority(folder, "authority");
  const pair = (name: string): CaseCertificates["first"] => {
    const files = issueClient(folder, authority, name, "people");
    return { certificate: readFileSync(files.certificate, "utf8"), key: readFileSync(files.key, "utf8") };
  };
  certificates = { first: pair("first"), second: pair("second"), files: issueClient(folder, authority, "static", "people") };
  const server = authority.issueServer("server");
  servers = {
    asking: await startRecordingServer({ server, authority, isCertificateAsked: true }),
    silent: await startRecordingServer({ server, authority, isCertificateAsked: false }),
  };
  harness = new Harness(getProgram("client-go-harness"), "requests", folder);
  access = new ClusterAccess(createCaseHost());
  place = { folder, authorityFile: authority.certificate, servers };
});

afterAll(async () => {
  harness.close();
  access.close();
  await servers.asking.close();
  await servers.silent.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Difference {
  readonly asked: RequestCase;
  readonly theirs: CaseOutcome;
  readonly ours: CaseOutcome;
}

function comparable({ steps, requests, runs }: CaseOutcome): object {
  return { steps: steps.map((step) => step.toSorted()), requests, runs };
}

async function run(asked: RequestCase): Promise<Difference> {
  return { asked, theirs: await runWithClientGo(asked, place, harness), ours: await runWithOurs(asked, place, access) };
}

function isSame({ theirs, ours }: Difference): boolean {
  return JSON.stringify(comparable(theirs)) === JSON.stringify(comparable(ours));
}

function describeDifference(number: number, { asked, theirs, ours }: Difference): object {
  return { seed: number, asked: { ...asked, answers: asked.answers.map(({ name }) => name) }, theirs, ours };
}

test("requests, plugin runs and outcomes are client-go's, but for the differences that are intended", async () => {
  const unexplained: object[] = [];
  const explained: (readonly string[])[] = [];
  const predicted: boolean[] = [];
  for (let index = -1; index < count; index += 1) {
    const random = new Random(seed + index);
    const asked =
      index < 0 ? createStaleExpiryCase("stale", certificates) : generateRequestCase(`case-${seed + index}`, random, certificates);
    const outcome = await run(asked);
    if (isSame(outcome)) {
      // What explains differences must be right where there are none.
      if (isDecidedByPlugin(asked)) predicted.push(isAsPredicted(asked, certificates, outcome.theirs, outcome.ours));
      continue;
    }
    const reasons = explainDifference(asked, certificates, outcome.theirs, outcome.ours);
    if (reasons === undefined) unexplained.push(describeDifference(seed + index, outcome));
    else explained.push(reasons.flatMap(({ name, trait }) => (trait === undefined ? [] : name)));
  }
  expect(unexplained.slice(0, 3)).toEqual([]);
  expect(new Set(predicted)).toEqual(new Set([true]));
  // A few cases need not show every difference.
  if (count < 250) return;
  expect(new Set(explained.flat())).toEqual(new Set(intendedDifferences.flatMap(({ name, trait }) => (trait === undefined ? [] : name))));
  expect(predicted.length).toBeGreaterThan(count / 2);
  expect(explained.length).toBeLessThan(count / 8);
}, 300_000);

test("a crowd of requests gets the same credential from one run, with every kind of good answer", async () => {
  for (let index = 0; index < 13; index += 1) {
    const asked = createCrowdCase(`crowd-${index}`, certificates, index);
    const { theirs, ours } = await run(asked);
    expect(comparable(ours)).toEqual(comparable(theirs));
  }
}, 120_000);

test("what expires in real time is renewed when client-go renews it, by one run for a crowd", async () => {
  for (const asked of listExpiryCases(certificates)) {
    const { theirs, ours } = await run(asked);
    expect(comparable(ours)).toEqual(comparable(theirs));
    // What a plugin is told ends with a line break, so that a run has two lines.
    expect(ours.runs.filter((line) => line.startsWith("{"))).toHaveLength(2);
    expect(new Set(ours.requests.slice(0, 21).map(({ authorization }) => authorization))).toEqual(new Set(["Bearer one"]));
    expect(new Set(ours.requests.slice(21).map(({ authorization }) => authorization))).toEqual(new Set(["Bearer two"]));
  }
}, 120_000);

test("certificate files that are replaced are shown by the next connection, which client-go breaks when it notices", async () => {
  const asked = createRotationCase(certificates);
  const { theirs, ours } = await run(asked);
  // It notices in the handshake of the new connection, and then closes every connection it has.
  expect(theirs.steps.flat().filter((outcome) => outcome !== broken && outcome !== "200")).toEqual([]);
  expect(new Set(ours.steps.flat())).toEqual(new Set(["200"]));
  const names = ["first", "first", ...Array.from({ length: 11 }, () => "second"), "first"];
  expect(ours.requests.map(({ certificate }) => certificate)).toEqual(names);
}, 120_000);

test("a pair of files that is half replaced ends client-go's requests, and not ours", async () => {
  const asked = createHalfRotationCase(certificates);
  const { theirs, ours } = await run(asked);
  expect(theirs.steps[1]).toEqual([expect.stringContaining("private key does not match public key")]);
  expect(ours.steps).toEqual([["200"], ["200"]]);
  expect(ours.requests.map(({ certificate }) => certificate)).toEqual(["first", "first"]);
}, 120_000);
