import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { buildPlugin, bundle, type CountingIssuer, makeUserFolder, startIssuer, startPlugin } from "./plugin-runner.ts";
import { listDelays } from "./promptness.ts";

// kill -9 of the one that works, before each single change of the file system it makes: what a follower finds, and does.

const takeOverMs = 2_000;
const patienceMs = 60_000;
const maxTries = 3;
// Far more changes than either way makes.
const maxSteps = 200;
// A hundred processes, one after the other: seconds on an idle machine, minutes on a busy one.
const waysTimeoutMs = 900_000;

const build = makeUserFolder();
let plugin: string;
let killer: string;
let user: ReturnType<typeof makeUserFolder>;
let issuer: CountingIssuer;

beforeAll(async () => {
  plugin = await buildPlugin(build.path);
  killer = pathToFileURL(await bundle("kill-at-step.ts", build.path)).href;
});
beforeEach(async () => {
  user = makeUserFolder();
  issuer = await startIssuer();
});
afterEach(() => {
  issuer.close();
  user.remove();
});
afterAll(() => build.remove());

/** Runs the plugin; whether it was killed before it came to its end. */
async function isKilledAt(step: number): Promise<boolean> {
  const run = startPlugin(plugin, user.path, issuer, { KILL_AT_STEP: String(step) }, ["--import", killer]);
  const { code, stderr } = await run.ended;
  if (code !== null && code !== 0) throw new Error(stderr);
  return code === null;
}

async function getToken(): Promise<string> {
  const { code, stdout, stderr } = await startPlugin(plugin, user.path, issuer).ended;
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  const line: { status: { token: string } } = JSON.parse(stdout);
  return line.status.token;
}

function isSessionKept(): boolean {
  const folder = join(user.path, "home", ".local", "state", "crashing-plugin", "sessions");
  try {
    return readdirSync(folder).some((name) => readFileSync(join(folder, name), "utf8").includes(`"${issuer.session()}"`));
  } catch {
    return false;
  }
}

/** Files that nobody will ever read or remove. */
function listLitter(): readonly string[] {
  return readdirSync(user.path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".next"));
}

interface StepReport {
  readonly isEnd: boolean;
  readonly isLost: boolean;
  readonly tookMs: number;
}

/** Kills one at a step, lets another one work, and tells what that one had to do. */
async function tryStep(step: number): Promise<StepReport> {
  const askedBefore = issuer.signIns;
  const isEnd = !(await isKilledAt(step));
  const isAnswered = issuer.session() !== "";
  const isLost = isAnswered && !isSessionKept();
  const askedByFirst = issuer.signIns - askedBefore;
  const startedMs = performance.now();
  expect(await getToken()).toMatch(/^token-/);
  const tookMs = performance.now() - startedMs;
  // Who has the session asks nobody; who lost it, or never had one, asks once.
  const askedBySecond = issuer.signIns - askedBefore - askedByFirst;
  expect({ step, askedBySecond }).toEqual({ step, askedBySecond: isLost || !isAnswered ? 1 : 0 });
  expect(listLitter()).toEqual([]);
  return { isEnd, isLost, tookMs };
}

interface WayReport {
  readonly steps: number;
  readonly lost: number;
  readonly delays: readonly string[];
}

/** Tries every step of a way, from a state that `prepare` makes anew each time. */
async function tryEachStep(prepare: () => void): Promise<WayReport> {
  const delays: string[] = [];
  let lost = 0;
  for (let step = 1; step < maxSteps; step += 1) {
    const tookMs: number[] = [];
    let report: StepReport;
    do {
      prepare();
      report = await tryStep(step);
      tookMs.push(report.tookMs);
    } while (tookMs.length < maxTries && report.tookMs > takeOverMs);
    delays.push(...listDelays({ tookMs, promptMs: takeOverMs, patienceMs }).map((delay) => `step ${step}: ${delay}`));
    if (report.isLost) lost += 1;
    if (report.isEnd) return { steps: step - 1, lost, delays };
  }
  throw new Error(`the way has more than ${maxSteps} steps`);
}

test(
  "killed at any step of a sign-in, the next one takes over at once, and asks nobody when the session was kept",
  async () => {
    const { steps, delays } = await tryEachStep(() => {
      user.remove();
      user = makeUserFolder();
      issuer.forget();
    });
    expect(steps).toBeGreaterThan(10);
    expect(delays).toEqual([]);
  },
  waysTimeoutMs,
);

test(
  "killed at any step of a refresh, the next one takes over at once, and a rotated session on the disk is not lost",
  async () => {
    await getToken();
    const { steps, lost, delays } = await tryEachStep(() => {
      rmSync(join(user.path, "runtime", "credentials"), { recursive: true, force: true });
    });
    expect(steps).toBeGreaterThan(10);
    expect(delays).toEqual([]);
    // From the issuer's answer to the first whole byte on the disk: opening the file, and writing it. No client can do with less.
    expect(lost).toBeLessThanOrEqual(4);
  },
  waysTimeoutMs,
);
