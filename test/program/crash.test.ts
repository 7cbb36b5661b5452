import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { listDelays } from "./promptness.ts";
import { buildPlugin, makeUserFolder, startIssuer, startPlugin, type CountingIssuer, type PluginRun } from "./plugin-runner.ts";

const takeOverMs = 2_000;
const patienceMs = 30_000;
const build = makeUserFolder();
let plugin: string;
let user: ReturnType<typeof makeUserFolder>;
let issuer: CountingIssuer;

beforeAll(async () => {
  plugin = await buildPlugin(build.path);
});

beforeEach(async () => {
  user = makeUserFolder();
  issuer = await startIssuer();
});

afterEach(() => {
  issuer.close();
  user.remove();
});

afterAll(() => {
  build.remove();
});

function start(): PluginRun {
  return startPlugin(plugin, user.path, issuer);
}

async function getToken(run: PluginRun): Promise<string> {
  const { code, stdout, stderr } = await run.ended;
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  const line: { status: { token: string } } = JSON.parse(stdout);
  return line.status.token;
}

function forgetCredential(): void {
  rmSync(join(user.path, "runtime", "credentials"), { recursive: true, force: true });
}

function readSessions(): string {
  const folder = join(user.path, "home", ".local", "state", "crashing-plugin", "sessions");
  try {
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");
  } catch {
    return "";
  }
}

test("a hundred processes started at once on an empty cache sign in once and print the same credential", async () => {
  const runs = Array.from({ length: 100 }, () => start());
  const tokens = await Promise.all(runs.map((run) => getToken(run)));
  expect(new Set(tokens)).toEqual(new Set(["token-signed-1"]));
  expect(issuer.signIns).toBe(1);
}, 600_000);

async function isWaiting(run: PluginRun): Promise<void> {
  await waitUntil(() => run.stderr().includes("waiting for the sign-in"));
}

/** Kills a leader while five others wait for it. How long it takes until one of them asks, in milliseconds. */
async function measureTakeOver(): Promise<number> {
  const [leading, asking] = [issuer.signIns + 1, issuer.signIns + 2];
  let askedAt = 0;
  issuer.beforeAnswer = (_processId) => (issuer.signIns === leading ? new Promise(() => {}) : void (askedAt = performance.now()));
  const leader = start();
  await waitUntil(() => issuer.signIns === leading);
  const followers = Array.from({ length: 5 }, () => start());
  await Promise.all(followers.map((run) => isWaiting(run)));
  const killedAt = performance.now();
  leader.child.kill("SIGKILL");
  const tokens = await Promise.all(followers.map((run) => getToken(run)));
  expect(new Set(tokens)).toEqual(new Set([`token-signed-${asking}`]));
  return askedAt - killedAt;
}

test("when the leader is killed while it asks, a follower takes over within two seconds", async () => {
  const tookMs: number[] = [];
  while (tookMs.length < 3 && !tookMs.some((ms) => ms < takeOverMs)) {
    tookMs.push(await measureTakeOver());
    user.remove();
    user = makeUserFolder();
  }
  expect(listDelays({ tookMs, promptMs: takeOverMs, patienceMs })).toEqual([]);
});

test("when the leader is killed right after it kept the rotated session, nobody is asked again", async () => {
  await getToken(start());
  for (let turn = 1; turn <= 5; turn += 1) {
    forgetCredential();
    const before = readSessions();
    const leader = start();
    await waitUntil(() => readSessions() !== before);
    leader.child.kill("SIGKILL");
    await leader.ended;
    forgetCredential();
    await getToken(start());
  }
  expect(issuer.signIns).toBe(1);
});

test("when the leader is killed before its request is answered, the follower works on with what it kept", async () => {
  await getToken(start());
  forgetCredential();
  issuer.beforeAnswer = (_processId, path) => (path === "/refresh" && issuer.refreshes === 1 ? new Promise(() => {}) : undefined);
  const leader = start();
  await waitUntil(() => issuer.refreshes === 1);
  leader.child.kill("SIGKILL");
  // This issuer had rotated already: the one loss that no client can prevent. It costs a sign-in, not an error.
  expect(await getToken(start())).toBe("token-signed-2");
});

test.each(["SIGINT", "SIGTERM"] as const)("%s while waiting for another's sign-in ends at once with 130", async (signal) => {
  issuer.beforeAnswer = () => new Promise(() => {});
  const leader = start();
  await waitUntil(() => issuer.signIns === 1);
  const follower = start();
  await isWaiting(follower);
  follower.child.kill(signal);
  const { code, stdout, stderr } = await follower.ended;
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  expect(stderr).toContain("interrupted (INTERRUPTED)");
  leader.child.kill("SIGINT");
  expect((await leader.ended).code).toBe(130);
});

test("after three sign-ins that nobody answered the next call is refused without asking", async () => {
  issuer.beforeAnswer = () => new Promise(() => {});
  for (let turn = 1; turn <= 3; turn += 1) {
    const run = start();
    await waitUntil(() => issuer.signIns === turn);
    run.child.kill("SIGKILL");
    await run.ended;
  }
  const { code, stderr } = await start().ended;
  expect(code).toBe(3);
  expect(stderr).toContain("LOGIN_REQUIRED");
  expect(issuer.signIns).toBe(3);
});
